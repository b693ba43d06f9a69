import { jsonCodec, StateError, type Ttl, type ValueEntry } from '@switchyard/core'
import { EXIT } from '../exit-codes.ts'
import type { AddCommand } from '../run.ts'

/** A value as the server keeps it. */
interface Content {
  readonly contentType: string
  readonly body: Uint8Array
}

const JSON_TYPE = 'application/json'

function textOf({ body }: Content): string {
  return Buffer.from(body).toString()
}

/** As the server shows it in documents. */
function shown(key: string, { value, version, expiresAt }: ValueEntry<Content>): object {
  const what =
    value.contentType === JSON_TYPE
      ? { value: JSON.parse(textOf(value)) as unknown }
      : { contentType: value.contentType, base64: Buffer.from(value.body).toString('base64') }
  return { key, ...what, version, ...(expiresAt !== undefined && { expiresAt }) }
}

/** JSON, or else a text. */
function contentOf(argument: string): Content {
  try {
    return { contentType: JSON_TYPE, body: jsonCodec.encode(JSON.parse(argument)) }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { contentType: JSON_TYPE, body: jsonCodec.encode(argument) }
  }
}

/** Single keys and their list. */
export function valueCommands(add: AddCommand): void {
  add(
    'keys',
    'list the keys in their order',
    (command) =>
      command
        .option('-p, --prefix <prefix>', 'only those that start with it', '')
        .option('-n, --limit <count>', 'so many at the most'),
    async ({ output, reading, signal }, _args, { prefix, limit }) => {
      const most = limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)
      if (!(most >= 1)) throw new StateError('INVALID_OPTIONS', `--limit is a number of keys, not '${limit}'`)
      return reading(async (state) => {
        let count = 0
        for await (const key of state.keys({ prefix: String(prefix), signal })) {
          signal.throwIfAborted()
          output.item({ key }, key)
          if (++count >= most || output.isClosed) break
        }
        return EXIT.ok
      })
    },
  )

  add(
    'get <key>',
    'print a value',
    (command) => command,
    async ({ output, reading }, [key = '']) =>
      reading(async (state) => {
        const entry = await state.getEntry<Content>(key)
        if (entry === undefined) {
          output.note(`There is no '${key}'`)
          return EXIT.notFound
        }
        output.result(shown(key, entry), [textOf(entry.value)])
        return EXIT.ok
      }),
  )

  add(
    'set <key> <value>',
    'set a value: JSON, or a text; the server must not run',
    (command) =>
      command
        .option('--ttl <ttl>', "time to live: '30s', '5m', '1h', '7d'")
        .option('--if-version <version>', 'only if this is the present version'),
    async ({ output, alone }, [key = '', value = ''], { ttl, ifVersion }) =>
      alone(async (state) => {
        const written = await state.set(key, contentOf(value), {
          ...(ttl !== undefined && { ttl: ttl as Ttl }),
          ...(ifVersion !== undefined && { ifVersion: String(ifVersion) }),
        })
        output.result({ key, ...written }, [`${key} ${written.version}`])
        return EXIT.ok
      }),
  )

  add(
    'delete <keys...>',
    'delete keys; the server must not run',
    (command) => command,
    async ({ output, requireData, alone }, [keys]) => {
      await requireData()
      return alone(async (state) => {
        const deleted = await state.deleteMany(keys as unknown as readonly string[])
        output.result({ deleted }, [`${deleted} deleted`])
        return deleted > 0 ? EXIT.ok : EXIT.notFound
      })
    },
  )
}
