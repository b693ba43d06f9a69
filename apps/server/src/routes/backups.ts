import type { RestoreOptions } from '@switchyard/backup'
import type { FastifyInstance } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import type { Backups } from '../backups/backups.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { type JsonSchema, listOf, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'

interface BackupRoute {
  readonly Body: { readonly name?: string } | null | undefined
}

interface RestoreRoute {
  readonly Body: { readonly name: string; readonly mode?: RestoreOptions['mode'] }
}

const count: JsonSchema = { type: 'integer' }

/** Never a path. */
const name: JsonSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
  description: 'Of the file in the folder of backups, without its ending.',
}

const info = {
  name,
  createdAt: { ...count, description: 'Unix time in milliseconds.' },
  source: { type: 'string', description: 'The backend that it was made of.' },
  compression: { enum: ['zstd', 'gzip', 'none'] },
  encrypted: { type: 'boolean' },
  bytes: count,
  records: { ...count, description: 'Entries and deletions.' },
} satisfies Readonly<Record<string, JsonSchema>>

/** Backups of the active backend, and back into it. */
export function backupRoutes(app: FastifyInstance, backups: Backups, audit: Audit): void {
  app.get('/v1/backups', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'listBackups',
      summary: 'List the backups',
      tags: ['backends'],
      querystring: noQuery,
      response: responses({
        200: ok(
          record({ backups: listOf(record({ name, bytes: count, createdAt: count })) }),
          'All backups.',
        ),
      }),
    },
    handler: async (_request, reply) => reply.send({ backups: await backups.list() }),
  })

  app.post<BackupRoute>('/v1/backup', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'backup',
      summary: 'Back the state up, as it is at one moment, while it is served',
      tags: ['backends'],
      querystring: noQuery,
      body: { ...record({ name }, []), type: ['object', 'null'] },
      response: responses({
        201: ok(record({ ...info, pauseMs: { type: 'number' } }), 'The file is there and on the disk.'),
      }),
    },
    async handler(request, reply) {
      const instant = new Date().toISOString().replaceAll(/[:.]/g, '-')
      const { name: wanted = instant } = request.body ?? {}
      const made = await audit.admin(request, 'backup', { name: wanted }, () => backups.create(wanted))
      return reply.code(201).send(made)
    },
  })

  app.post<RestoreRoute>('/v1/restore', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'restore',
      summary: 'Restore a backup into the active backend; other requests wait',
      tags: ['backends'],
      querystring: noQuery,
      body: record(
        {
          name,
          mode: {
            enum: ['empty', 'merge', 'replace'],
            default: 'empty',
            description:
              '`empty`: only if there is no entry. `merge`: entries of the backup replace those of the same key. `replace`: nothing else is left.',
          },
        },
        ['name'],
      ),
      response: responses({
        200: ok(
          record({ ...info, expired: { ...count, description: 'Records that had expired.' } }),
          'All of it is restored.',
        ),
      }),
    },
    async handler(request, reply) {
      const { name: wanted, mode } = request.body
      const work = () => backups.restore(wanted, mode)
      return reply.send(await audit.admin(request, 'restore', request.body, work))
    },
  })
}
