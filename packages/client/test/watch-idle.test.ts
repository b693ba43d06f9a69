import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createClient } from '../src/index.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

it('a server that shows every minute that it is alive is not taken for a dead one, and one that is silent is', async () => {
  const streams: ReadableStreamDefaultController<Uint8Array>[] = []
  const send = (text: string): void => streams.at(-1)?.enqueue(new TextEncoder().encode(text))
  const fetch: typeof globalThis.fetch = async (_url, init) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        streams.push(controller)
        init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason))
        send('id: run-0\n\n')
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  const watch = createClient({ url: 'http://x.example', fetch }).watch()
  await watch.opened
  const next = watch.next()
  for (let minute = 0; minute < 3; minute++) {
    await vi.advanceTimersByTimeAsync(60_000)
    send(': heartbeat\nid: run-0\n\n')
  }
  // One comes late.
  await vi.advanceTimersByTimeAsync(125_000)
  send('id: run-1\nevent: change\ndata: {"type":"delete","key":"a"}\n\n')
  expect((await next).value).toMatchObject({ type: 'delete', key: 'a' })
  expect(streams).toHaveLength(1)

  const later = watch.next()
  await vi.advanceTimersByTimeAsync(140_000)
  expect(streams).toHaveLength(2)
  send('id: run-2\nevent: change\ndata: {"type":"delete","key":"b"}\n\n')
  expect((await later).value).toMatchObject({ type: 'delete', key: 'b' })
  await watch.return()
})
