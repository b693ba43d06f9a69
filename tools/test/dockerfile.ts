export interface Instruction {
  /** RUN, ENV, ... */
  readonly name: string
  readonly text: string
}

/** What stands between two lines with FROM. */
export type Stage = readonly Instruction[]

export function stagesOf(dockerfile: string): readonly Stage[] {
  const lines = dockerfile
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const stages: Instruction[][] = []
  for (const line of lines) {
    const [, name = '', text = ''] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? []
    if (name === '') throw new Error(`Not an instruction: ${line}`)
    if (name === 'FROM') stages.push([])
    stages.at(-1)?.push({ name, text })
  }
  return stages
}

/** What every instruction of this name says. */
export function textsOf(stage: Stage, name: string): readonly string[] {
  return stage.filter((one) => one.name === name).map(({ text }) => text)
}

/** What it sets, of the form `NAME=value NAME=value`. */
export function environmentOf(stage: Stage): Readonly<Record<string, string>> {
  const pairs = textsOf(stage, 'ENV').flatMap((text) => text.split(/\s+/))
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]))
}
