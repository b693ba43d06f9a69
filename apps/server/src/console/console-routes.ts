import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ConsoleFile, PAGE } from './console-files.ts'

/** Sends the console's page to who asks for HTML, as browsers do; false if that was not asked for. */
export type SendPage = (request: FastifyRequest, reply: FastifyReply) => Promise<boolean>

/** Nothing from elsewhere, nothing inline, and no text that becomes markup or code. */
const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The names of all but these carry a hash of what is in them. */
const CHANGING = /\.(html|svg)$/

/** GET /console/*: a route for each file, so that no path leads to any other. */
export function consoleRoutes(app: FastifyInstance, files: readonly ConsoleFile[]): SendPage {
  const page = files.find(({ path }) => path === PAGE)
  for (const file of files) {
    if (file === page) continue
    app.get(`/${file.path}`, {
      config: { access: { open: true } },
      schema: { hide: true },
      handler: async (request, reply) => send(file, request, reply),
    })
  }
  return async (request, reply) => {
    reply.header('vary', 'accept')
    if (page === undefined || !/\btext\/html\b/.test(request.headers.accept ?? '')) return false
    await send(page, request, reply.headers(SECURITY_HEADERS))
    return true
  }
}

async function send(file: ConsoleFile, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.headers({
    'content-type': file.contentType,
    'cache-control': CHANGING.test(file.path) ? 'no-cache' : 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  })
  const known = [reply.getHeader('vary')].flat().filter((name) => name !== undefined)
  reply.header('vary', [...known, 'accept-encoding'].join(', '))
  if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(file.body)
  return reply.header('content-encoding', 'gzip').send(await file.gzipped())
}
