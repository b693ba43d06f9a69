import {
  type Context,
  context,
  ProxyTracerProvider,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { OperationSample } from '@switchyard/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { VERSION } from '../version.ts'

const NAME = '@switchyard/server'

/** The tracer of the SDK that was registered before; undefined if there is none, and nothing is traced. */
export function registeredTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider()
  if (provider instanceof ProxyTracerProvider) return provider.getDelegateTracer(NAME, VERSION)
  return provider.getTracer(NAME, VERSION)
}

/** A span for every request: in the trace of its headers, or of the instrumentation that saw it first. */
export function traceRequests(app: FastifyInstance, tracer: Tracer): void {
  const contexts = new WeakMap<FastifyRequest, Context>()
  app.addHook('onRequest', (request, { raw }, done) => {
    const { method, routeOptions, headers } = request
    const { url: route = 'unknown' } = routeOptions
    const around = context.active()
    const parent = trace.getSpan(around) === undefined ? propagation.extract(ROOT_CONTEXT, headers) : around
    const attributes = {
      'http.request.method': method,
      'http.route': route,
      'switchyard.request_id': request.id,
    }
    const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent)
    raw.once('close', () => {
      span.setAttribute('http.response.status_code', raw.statusCode)
      if (raw.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    })
    const own = trace.setSpan(parent, span)
    contexts.set(request, own)
    context.with(own, done)
  })
  // The body arrives in events of the connection, which are outside of the request's context.
  app.addHook('preHandler', (request, _reply, done) => {
    context.with(contexts.get(request) ?? context.active(), done)
  })
}

/** A span for an operation that has ended, within that of its request. */
export function traceOperation(
  tracer: Tracer,
  { operation, backend, durationMs, error }: OperationSample,
): void {
  const endTime = performance.timeOrigin + performance.now()
  const attributes = { 'db.operation.name': operation, 'switchyard.backend': backend }
  const startTime = endTime - durationMs
  const span = tracer.startSpan(`${operation} ${backend}`, { kind: SpanKind.CLIENT, attributes, startTime })
  if (error !== undefined) {
    span.setAttribute('error.type', error.code)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end(endTime)
}
