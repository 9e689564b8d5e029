// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { late } from '../../src/widgets/late'

const Part = ({ text }: { text: string }) => <p>{text}</p>

beforeEach(() => {
  // Not idle before the test ends.
  vi.stubGlobal('requestIdleCallback', () => 0)
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

test('a late part is drawn when its code has come, and at once from then on', async () => {
  const load = vi.fn(async () => Part)
  const Late = late(load)
  render(<Late text="first" />)
  expect(screen.queryByText('first')).toBeNull()
  await screen.findByText('first')
  render(<Late text="second" />)
  screen.getByText('second')
  expect(load).toHaveBeenCalledTimes(1)
})

test('a late part whose code cannot be loaded says so, and tries again when it is shown next', async () => {
  const load = vi.fn<() => Promise<typeof Part>>().mockRejectedValueOnce(new Error('offline')).mockResolvedValue(Part)
  const Late = late(load)
  const { unmount } = render(<Late text="first" />)
  await screen.findByRole('alert')
  unmount()
  render(<Late text="second" />)
  await screen.findByText('second')
})
