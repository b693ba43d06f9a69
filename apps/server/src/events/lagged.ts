/** The data of the event that ends a stream whose reader was too slow. */
export const LAGGED = {
  code: 'LAGGED',
  detail: 'The changes that were not read yet are no longer kept; read what you need and connect again',
} as const
