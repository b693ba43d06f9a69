/**
 * Indents JSON text, or takes its white space away, and leaves every token as it was written: numbers that a double
 * cannot hold stay what they are.
 *
 * @param indent 0: on one line
 * @throws SyntaxError if it is not JSON
 */
export function formatJson(text: string, indent: number): string {
  JSON.parse(text)
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []
  if (indent === 0) return tokens.join('')
  let depth = 0
  let out = ''
  const newLine = (): string => `\n${' '.repeat(indent * depth)}`
  for (const [i, token] of tokens.entries()) {
    const next = tokens[i + 1]
    if (token === '{' || token === '[') {
      out += token
      if (next === '}' || next === ']') continue
      depth++
      out += newLine()
    } else if (token === '}' || token === ']') {
      const isEmpty = tokens[i - 1] === '{' || tokens[i - 1] === '['
      if (!isEmpty) {
        depth--
        out += newLine()
      }
      out += token
    } else if (token === ',') out += token + newLine()
    else out += token === ':' ? ': ' : token
  }
  return out
}

/** The text indented, or as it is if it is not JSON. */
export function readable(text: string): string {
  try {
    return formatJson(text, 2)
  } catch {
    return text
  }
}
