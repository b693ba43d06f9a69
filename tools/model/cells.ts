/** Named numbers of 16 bits in a row of memory. */
export type Cells<Name extends string> = Record<Name, number>

/**
 * Makes views of a row of cells: each reads and writes its names in `memory`, from `base` on.
 * All views of a kind share one prototype, which keeps access as fast as an array's.
 */
export function cells<const Name extends string>(
  names: readonly Name[],
): (memory: Uint16Array, base: number) => Cells<Name> {
  const prototype = {}
  names.forEach((name, i) => {
    Object.defineProperty(prototype, name, {
      get(this: View) {
        return this.memory[this.base + i]
      },
      set(this: View, value: number) {
        this.memory[this.base + i] = value
      },
    })
  })
  return (memory, base) =>
    Object.assign(Object.create(prototype), { memory, base }) as View as unknown as Cells<Name>
}

interface View {
  readonly memory: Uint16Array
  readonly base: number
}
