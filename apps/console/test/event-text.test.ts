import { expect, test } from 'vitest'
import { eventText } from '../src/text/event-text.ts'

test.each([
  [{ phase: 'preparing' }, 'local → files preparing'],
  [{ phase: 'copying', copied: 4250, total: 12_000 }, 'local → files copying: 4,250 of 12,000'],
  [{ phase: 'verifying', verified: 250, total: 12_000 }, 'local → files verifying: 250 of 12,000'],
  [{ phase: 'catching-up', copied: 12_000, total: 12_000 }, 'local → files catching-up'],
  [{ phase: 'done', pauseMs: 4.01 }, 'local → files done: requests waited for 4.01 ms'],
  [{ phase: 'failed', error: { code: 'FULL', detail: 'no space' } }, 'local → files failed: no space'],
])('a switch %j is told in words', (status, text) => {
  expect(eventText('switch', JSON.stringify({ id: '1', from: 'local', to: 'files', ...status }))).toBe(text)
})

test('so are the others, as far as their words are known', () => {
  expect(eventText('config', '{"version":"1-a"}')).toBe('version 1-a')
  expect(eventText('lagged', '{"detail":"too slow"}')).toBe('too slow')
  expect(eventText('reset', '{"lastEventId":"7"}')).toBe('Changes may have been missed')
})
