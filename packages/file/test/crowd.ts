/** Writers of one counter, all at once. */
export const CROWD = 24
