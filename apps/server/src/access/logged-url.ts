/** A URL as the log tells it: without its query, as some put secrets there. */
export function loggedUrl(url: string): string {
  return url.split('?', 1)[0] as string
}
