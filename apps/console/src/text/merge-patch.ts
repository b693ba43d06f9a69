type Fields = Readonly<Record<string, unknown>>

/** The JSON Merge Patch (RFC 7396) that makes one document of the other; undefined if they are the same. */
export function mergePatchOf(before: unknown, after: unknown): unknown {
  if (!isFields(before) || !isFields(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? undefined : after
  }
  const patch: Record<string, unknown> = {}
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const change = name in after ? mergePatchOf(before[name], after[name]) : null
    if (change !== undefined) patch[name] = change
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
