import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forget, setPaused, Throttle, whenVisible } from '../src/base/live/whenVisible'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  setPaused(false)
  vi.useRealTimers()
})

test('at most once in a while, and the last call is not lost', () => {
  const f = vi.fn()
  const throttle = new Throttle(f, 1000)
  for (let i = 0; i < 5; i++) throttle.call()
  vi.advanceTimersByTime(0)
  expect(f).toHaveBeenCalledTimes(1)
  throttle.call()
  throttle.call()
  vi.advanceTimersByTime(999)
  expect(f).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1)
  expect(f).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(5000)
  expect(f).toHaveBeenCalledTimes(2)
})

test('what was due when the page was paused is done once when it goes on', () => {
  const f = vi.fn()
  const throttle = new Throttle(f, 1000)
  throttle.call()
  vi.advanceTimersByTime(0)
  throttle.call()
  setPaused(true)
  vi.advanceTimersByTime(60_000)
  throttle.call()
  expect(f).toHaveBeenCalledTimes(1)
  setPaused(false)
  expect(f).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(60_000)
  expect(f).toHaveBeenCalledTimes(2)
})

test('an answer that takes longer than the while is waited for, and then asked again once', async () => {
  const answers: (() => void)[] = []
  const f = vi.fn(() => new Promise<void>((done) => answers.push(done)))
  const throttle = new Throttle(f, 1000)
  throttle.call()
  await vi.advanceTimersByTimeAsync(0)
  for (let i = 0; i < 8; i++) {
    throttle.call()
    await vi.advanceTimersByTimeAsync(500)
  }
  expect(f).toHaveBeenCalledTimes(1)
  answers[0]!()
  await vi.advanceTimersByTimeAsync(0)
  expect(f).toHaveBeenCalledTimes(2)
  answers[1]!()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(f).toHaveBeenCalledTimes(2)
})

test('who is gone when the page goes on is not asked', () => {
  const ended = vi.fn()
  const forgotten = vi.fn()
  const throttle = new Throttle(ended, 10)
  setPaused(true)
  throttle.call()
  vi.advanceTimersByTime(10)
  throttle.end()
  whenVisible(forgotten)
  forget(forgotten)
  setPaused(false)
  vi.advanceTimersByTime(10_000)
  expect(ended).not.toHaveBeenCalled()
  expect(forgotten).not.toHaveBeenCalled()
})

test('a page out of sight waits, too', () => {
  const page = { hidden: true }
  vi.stubGlobal('document', page)
  const f = vi.fn()
  whenVisible(f)
  setPaused(false)
  expect(f).not.toHaveBeenCalled()
  page.hidden = false
  setPaused(false)
  expect(f).toHaveBeenCalledTimes(1)
  vi.unstubAllGlobals()
})
