/** A line of a README: a call of curl, and the status behind it. */
export interface CurlLine {
  readonly command: string
  readonly status: number
}

/** Every line that calls curl in the bash blocks. */
export function curlLines(markdown: string): CurlLine[] {
  const blocks = [...markdown.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
  return blocks.flatMap((block) =>
    block
      .trim()
      .split('\n')
      .map((line) => {
        const [, command, status] = /^(curl .+) # (\d{3})$/.exec(line) ?? []
        if (command === undefined) throw new Error(`Not a call of curl with a status behind it: ${line}`)
        return { command, status: Number(status) }
      }),
  )
}

/** What fetch needs to do the same. */
export function requestOf(command: string): { readonly url: string; readonly init: RequestInit } {
  const [, ...words] = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  )
  const headers = new Headers()
  let url = ''
  let method: string | undefined
  let body: string | undefined
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    const value = (): string => words[++i] as string
    if (word === '-X') method = value()
    else if (word === '-I') method = 'HEAD'
    else if (word === '-d') body = value()
    else if (word === '-H') {
      const [, name = '', content = ''] = /^([^:]+): (.*)$/.exec(value()) ?? []
      headers.set(name, content)
    } else if (word === '--max-time') value()
    else if (!word.startsWith('-')) url = word
  }
  const init = { method: method ?? (body === undefined ? 'GET' : 'POST'), headers }
  return { url, init: body === undefined ? init : { ...init, body } }
}
