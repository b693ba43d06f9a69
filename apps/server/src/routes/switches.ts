import type { State, SwitchOptions } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { RequestError } from '../problems/request-error.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { type JsonSchema, listOf, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'
import type { Switches, SwitchStatus } from '../switches/switches.ts'

interface StartRoute {
  readonly Body: SwitchOptions & { readonly to: string; readonly dryRun?: boolean }
}

interface IdRoute {
  readonly Params: { readonly id: string }
}

const flag: JsonSchema = { type: 'boolean' }
const count: JsonSchema = { type: 'integer' }
const ms: JsonSchema = { type: 'number' }
const name: JsonSchema = { type: 'string', minLength: 1 }

export const status: JsonSchema = record(
  {
    id: { type: 'string' },
    from: name,
    to: name,
    phase: {
      enum: ['preparing', 'copying', 'catching-up', 'verifying', 'cutting-over', 'done', 'aborted', 'failed'],
      description: '`done`: `to` serves. `aborted`, `failed`: `from` serves as before.',
    },
    copied: { ...count, description: 'Entries and deletions written to the target.' },
    total: { ...count, description: 'Entries in the source when it began.' },
    verified: { ...count, description: "Keys compared with the target's." },
    dirty: { ...count, description: 'Keys written since they were copied.' },
    rate: { ...count, description: 'Keys copied in a second, of late.' },
    etaMs: { ...count, description: 'Until the copy is done, where that can be told.' },
    pauseMs: { type: 'number', description: 'How long operations have waited.' },
    pauseParts: {
      ...record({ waitMs: ms, copyMs: ms, settleMs: ms, commitMs: ms }),
      description:
        'What the latest attempt took: until what was under way had ended, to copy the rest, to compare it and have it put on the disk, and to record that the target serves.',
    },
    attempts: { ...count, description: 'Cut-overs that were begun.' },
    repaired: { ...count, description: 'Keys that the comparison found to differ, copied again.' },
    error: record({ code: { type: 'string' }, detail: { type: 'string' } }),
  },
  ['id', 'from', 'to', 'phase'],
)

const plan = record({
  from: name,
  to: name,
  keys: count,
  bytes: count,
  problems: listOf(record({ key: { type: 'string' }, reason: { type: 'string' } }), {
    description: 'Entries that the target cannot hold; with any of them it would be refused.',
  }),
  losses: listOf({ type: 'string' }),
  obstacles: listOf(
    { type: 'string' },
    { description: 'What else it would be refused for: data in the target, its health, its clock.' },
  ),
  estimatedMs: count,
})

const options: Readonly<Record<string, JsonSchema>> = {
  pauseBudgetMs: {
    type: 'integer',
    minimum: 1,
    maximum: 60_000,
    default: 250,
    description: 'How long operations may wait.',
  },
  maxRate: {
    type: 'number',
    minimum: 0,
    default: 0,
    description: 'Keys copied in a second at the most; 0: all that come.',
  },
  replace: {
    ...flag,
    default: false,
    description:
      'The target may hold other data, which is removed; not needed for what an earlier switch left there.',
  },
  allowVolatile: {
    ...flag,
    default: false,
    description: 'The target may be one that does not survive the process.',
  },
  exclusive: {
    ...flag,
    default: true,
    description:
      'This server alone writes to the source. With `false` a switch is refused where other processes could.',
  },
}

const byId: JsonSchema = record({ id: { type: 'string' } })

/** Moving the state to another backend while it is served. */
export function switchRoutes(app: FastifyInstance, state: State, switches: Switches, audit: Audit): void {
  app.post<StartRoute>('/v1/switch', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'startSwitch',
      summary: 'Switch to another backend, or see what that would do',
      tags: ['backends'],
      querystring: noQuery,
      body: record({ to: name, dryRun: { ...flag, default: false }, ...options }, ['to']),
      response: responses({
        200: ok(plan, 'With `dryRun`: what the switch would do and meet.'),
        202: ok(status, 'The switch has begun.'),
      }),
    },
    async handler(request, reply) {
      const { to, dryRun = false, exclusive = true, ...given } = request.body
      const wanted = { ...given, exclusive }
      if (dryRun) return reply.send(await state.planSwitch(to, wanted))
      const start = () => switches.start(to, wanted)
      const begun = await audit.admin(request, 'switch', { to, ...wanted }, start, ({ id }) =>
        switches.ended(id),
      )
      return reply.code(202).send(begun)
    },
  })

  app.get('/v1/switch', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'latestSwitch',
      summary: 'The latest switch, also of the run of the server before this one',
      tags: ['backends'],
      querystring: noQuery,
      response: responses({ 200: ok(status, 'Where it stands.') }),
    },
    async handler(_request, reply) {
      const latest = switches.latest()
      if (latest === undefined) throw new RequestError('NOT_FOUND', 'There has been no switch')
      return reply.send(latest)
    },
  })

  app.get<IdRoute>('/v1/switch/:id', {
    config: { access: { scope: 'admin' } },
    schema: {
      operationId: 'switchStatus',
      summary: 'Where a switch stands',
      tags: ['backends'],
      params: byId,
      querystring: noQuery,
      response: responses({ 200: ok(status, 'Where it stands.') }),
    },
    handler: async (request, reply) => reply.send(switches.status(request.params.id)),
  })

  const actions = {
    abort: ['Give a switch up', 'The source serves as before.'],
    rollback: ['Go back to the source of a switch that is done', 'The switch back has begun.'],
    complete: ['Let the source of a switch go', 'It cannot be rolled back any more.'],
  } as const
  for (const action of ['abort', 'rollback', 'complete'] as const) {
    const [summary, description] = actions[action]
    const code = action === 'rollback' ? 202 : 200
    app.post<IdRoute>(`/v1/switch/:id/${action}`, {
      config: { access: { scope: 'admin' } },
      schema: {
        operationId: `${action}Switch`,
        summary,
        tags: ['backends'],
        params: byId,
        querystring: noQuery,
        response: responses({ [code]: ok(status, description) }),
      },
      async handler(request, reply) {
        const { id } = request.params
        const work = () => switches[action](id)
        const until = action === 'rollback' ? (back: SwitchStatus) => switches.ended(back.id) : undefined
        return reply.code(code).send(await audit.admin(request, `${action}Switch`, { id }, work, until))
      },
    })
  }
}
