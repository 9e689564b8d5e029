import { afterEach, describe, expect, it, vi } from 'vitest'
import { api } from '../src/base/api/client'
import { pointDetail } from '../src/charts/interact/pointDetails'

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('the details of a point', () => {
  it('are given to what is pointed at when they come, of several values at one place', async () => {
    vi.useFakeTimers()
    vi.stubGlobal('window', globalThis)
    const ask = vi.spyOn(api, 'point').mockResolvedValue({ step: 7, relative_time: 1, epoch: null, value: 30 } as never)
    const asked = { sequence: 's', axis: 'step', attempts: 'latest', x: 7, until: null } as const
    const shown: number[] = []
    expect(pointDetail(asked, () => shown.push(30))).toBeNull()
    expect(pointDetail(asked, () => shown.push(49))).toBeNull()
    await vi.advanceTimersByTimeAsync(1000)
    expect(ask).toHaveBeenCalledTimes(1)
    expect(shown).toEqual([49])
  })
})
