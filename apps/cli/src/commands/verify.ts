import { digest, verify } from '@switchyard/core'
import { EXIT } from '../exit-codes.ts'
import type { AddCommand } from '../run.ts'

/** Compares what two backends hold. */
export function verifyCommand(add: AddCommand): void {
  add(
    'verify <backend> [other]',
    'compare value, version and expiry of every key of two backends; of one, print a digest',
    (command) => command,
    async ({ output, signal, requireData, withStore }, [one = '', other]) => {
      await requireData()
      const bar = output.progress('compared')
      const onProgress = (compared: number): void => bar.update(compared, undefined)
      if (other === undefined) {
        const sum = await withStore(one, (store) => digest(store, { signal, onProgress })).finally(() =>
          bar.stop(),
        )
        output.result({ backend: one, digest: sum }, [`${sum}  ${one}`])
        return EXIT.ok
      }
      const found = await withStore(one, (source) =>
        withStore(other, (target) => verify(source, target, { signal, onProgress })),
      ).finally(() => bar.stop())
      output.result(found, [
        `${found.keys} keys compared, ${found.differences} differ`,
        ...found.examples.map((key) => `differs: ${key}`),
      ])
      return found.differences === 0 ? EXIT.ok : EXIT.differs
    },
  )
}
