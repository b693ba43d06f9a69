import { expect, test, vi } from 'vitest'
import { findChromium, isChromiumWanted } from '../src/index.ts'

test('a program that is no browser is refused by its name', async () => {
  vi.stubEnv('CHROMIUM', process.execPath)
  await expect(findChromium()).rejects.toThrow(`CHROMIUM names '${process.execPath}'`)
})

test('what needs a browser can be left out', () => {
  vi.stubEnv('SWITCHYARD_WITHOUT_CHROMIUM', '')
  expect(isChromiumWanted()).toBe(true)
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  vi.stubEnv('SWITCHYARD_WITHOUT_CHROMIUM', '1')
  expect(isChromiumWanted()).toBe(false)
  expect(warn).toHaveBeenCalledWith('SWITCHYARD_WITHOUT_CHROMIUM=1: what needs Chromium is left out')
})
