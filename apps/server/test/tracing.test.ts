import { context, propagation, type SpanContext, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { registeredTracer } from '../src/observability/tracing.ts'
import { failingBackend } from './support/failing-backend.ts'
import { json, type RunningServer, startServer, urlOf } from './support/start-server.ts'

const exporter = new InMemorySpanExporter()

afterAll(() => {
  trace.disable()
  context.disable()
  propagation.disable()
})

/** The spans that have ended, once there are so many of requests. */
async function spans(requests: number): Promise<readonly ReadableSpan[]> {
  const finished = (): readonly ReadableSpan[] => exporter.getFinishedSpans()
  await expect.poll(() => finished().filter(({ kind }) => kind === SpanKind.SERVER).length).toBe(requests)
  return finished()
}

function named(all: readonly ReadableSpan[], name: string): ReadableSpan {
  const found = all.filter((span) => span.name === name)
  if (found.length !== 1) throw new Error(`${found.length} of ${name} in ${all.map((span) => span.name)}`)
  return found[0] as ReadableSpan
}

describe('without an SDK', () => {
  it('there is no tracer, and all goes on', async () => {
    expect(registeredTracer()).toBeUndefined()
    const server = await startServer()
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect((await fetch(urlOf(server, 'a'), json('PUT', 1, { traceparent }))).status).toBe(200)
    expect(await (await fetch(urlOf(server, 'a'))).json()).toBe(1)
  })
})

describe('with an SDK', () => {
  let server: RunningServer

  beforeEach(async () => {
    trace.disable()
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    )
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    server = await startServer({ backends: { main: failingBackend() } })
    exporter.reset()
  })

  it('a request is a span, and its operations are spans within it', async () => {
    const answer = await fetch(urlOf(server, 'secret'), json('PUT', { n: 1 }))
    await fetch(urlOf(server, 'secret'))
    const all = await spans(2)
    const put = named(all, 'PUT /v1/state/:key')
    expect(put.attributes).toEqual({
      'http.request.method': 'PUT',
      'http.route': '/v1/state/:key',
      'http.response.status_code': 200,
      'switchyard.request_id': answer.headers.get('x-request-id'),
    })
    const set = named(all, 'set main')
    expect([set.kind, put.kind]).toEqual([SpanKind.CLIENT, SpanKind.SERVER])
    expect(set.attributes).toEqual({ 'db.operation.name': 'set', 'switchyard.backend': 'main' })
    expect(set.parentSpanContext?.spanId).toBe(put.spanContext().spanId)
    expect(set.spanContext().traceId).toBe(put.spanContext().traceId)
    const [get, read] = [named(all, 'GET /v1/state/:key'), named(all, 'get main')]
    expect(read.parentSpanContext?.spanId).toBe(get.spanContext().spanId)
    expect(get.spanContext().traceId).not.toBe(put.spanContext().traceId)
    for (const [inner, outer] of [
      [set, put],
      [read, get],
    ] as const) {
      expect(inner.duration[0] * 1e9 + inner.duration[1]).toBeGreaterThan(0)
      // The two clocks of the SDK and of the process differ by fractions of a millisecond.
      expect(startMs(inner)).toBeGreaterThan(startMs(outer) - 2)
    }
    expect(JSON.stringify(all.map(({ name, attributes }) => [name, attributes]))).not.toContain('secret')
  })

  it('a request goes on with the trace of its headers', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await fetch(urlOf(server, 'a'), { headers: { traceparent } })
    const span = named(await spans(1), 'GET /v1/state/:key')
    expect(span.parentSpanContext).toMatchObject<Partial<SpanContext>>({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
    })
  })

  it('what fails is marked with its code', async () => {
    await fetch(urlOf(server, 'fail:FULL'))
    await fetch(urlOf(server, 'absent'))
    const all = await spans(2)
    const [failed, absent] = all.filter(({ kind }) => kind === SpanKind.SERVER)
    expect([failed?.attributes['http.response.status_code'], failed?.status.code]).toEqual([
      507,
      SpanStatusCode.ERROR,
    ])
    expect([absent?.attributes['http.response.status_code'], absent?.status.code]).toEqual([
      404,
      SpanStatusCode.UNSET,
    ])
    const operation = all.find(({ kind }) => kind === SpanKind.CLIENT)
    expect([operation?.attributes['error.type'], operation?.status]).toEqual([
      'FULL',
      { code: SpanStatusCode.ERROR },
    ])
  })

  it('requests at the same time keep to their own traces', async () => {
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`)
    await Promise.all(keys.map((key) => fetch(urlOf(server, key), json('PUT', key))))
    const all = await spans(20)
    const sets = all.filter(({ name }) => name === 'set main')
    const parents = sets.map(({ parentSpanContext }) => parentSpanContext?.spanId)
    const requests = all.filter(({ kind }) => kind === SpanKind.SERVER)
    expect(parents.toSorted()).toEqual(requests.map((span) => span.spanContext().spanId).toSorted())
  })
})

function startMs({ startTime: [seconds, nanoseconds] }: ReadableSpan): number {
  return seconds * 1000 + nanoseconds / 1e6
}
