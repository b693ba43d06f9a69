import { type FastifyBaseLogger, fastify } from 'fastify'
import { loggedUrl } from '../access/logged-url.ts'
import type { ServerSettings } from '../config/settings.ts'

/**
 * Made by Fastify, but for an app that is given no logger: one that is given a logger listens for the end of every
 * answer, as Node does. Node keeps two listeners in an array, and V8, which has seen those of connections live long, makes
 * room for it among old objects: all that belongs to a request then stays until the next full collection.
 */
export function createServerLog(level: ServerSettings['logLevel']): FastifyBaseLogger {
  return fastify({ logger: { level, serializers: { url: loggedUrl } } }).log
}
