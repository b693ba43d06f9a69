import { readFileSync } from 'node:fs'

/** The blocks of a README that are JavaScript; each is a whole program. */
export function examplesOf(readme: string): readonly string[] {
  return [...readFileSync(readme, 'utf8').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(
    (match) => match[1] as string,
  )
}

/** What a program says it prints: the comments behind its calls of console.log. */
export function promisedOutput(example: string): readonly string[] {
  return [...example.matchAll(/console\.log\(.*\) *\/\/ (.*)$/gm)].map((match) => match[1] as string)
}

export function lines(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '')
}
