import compress from '@fastify/compress'
import type { FastifyInstance } from 'fastify'

/** Less is not worth it. */
const THRESHOLD_BYTES = 2048

/** Compresses the answers of all routes that are registered after this call, where clients accept it. */
export async function compressAnswers(app: FastifyInstance): Promise<void> {
  await app.register(compress, {
    threshold: THRESHOLD_BYTES,
    encodings: ['br', 'gzip'],
    // What is sent to us is taken as it is: a small body must not become a large one.
    globalDecompression: false,
  })
}
