/** What fits between the quotes of an entity tag. */
const TAG = /^[!#-~]*$/

/** Whether a header can carry the version. */
export function isTag(version: string): boolean {
  return TAG.test(version)
}

/** The condition that this is the present version. */
export function ifVersionHeader(version: string | undefined): Readonly<Record<string, string>> {
  return version === undefined ? {} : { 'if-match': `"${version}"` }
}
