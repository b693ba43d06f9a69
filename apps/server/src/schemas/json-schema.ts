/** A JSON Schema (2020-12), as validation and the OpenAPI document use it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** An object that has these fields and no others. */
export function record(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = Object.keys(properties),
): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false }
}

export function listOf(items: JsonSchema, limits: JsonSchema = {}): JsonSchema {
  return { type: 'array', items, ...limits }
}
