import { describe, expect, it } from 'vitest'

import { chartDomain, spansByRun, stepSpans, type Span } from '../src/parts/curves/pane/chartDomains'
import { digAnywhere } from '../src/parts/curves/grouping'
import type { FoundChart } from '../src/parts/curves/metricsModel'

describe('params of a run, as AimQL names them', () => {
  const params = { params: { lr: 0.1, optimizer: { name: 'sgd' } }, data: { name: 'digits' }, seed: 3 }

  it('are found with their set, without it, and where there is none', () => {
    expect(digAnywhere(params, 'params.lr')).toBe(0.1)
    expect(digAnywhere(params, 'lr')).toBe(0.1)
    expect(digAnywhere(params, 'optimizer.name')).toBe('sgd')
    expect(digAnywhere(params, 'name')).toBe('digits')
    expect(digAnywhere(params, 'seed')).toBe(3)
  })

  it('are undefined where they are not', () => {
    expect(digAnywhere(params, 'lr.x')).toBeUndefined()
    expect(digAnywhere({ a: null, b: [1], c: 'lr' }, 'lr')).toBeUndefined()
  })
})

describe('the x axis of a chart', () => {
  /** Runs of one line each. */
  const runs = (...spans: Span[]) => spans.map((s) => [s])
  const to = (...ends: number[]) => runs(...ends.map((end): Span => [0, end]))

  it('spans its own lines', () => {
    expect(chartDomain(runs([300, 600], [200, 500]), 'step', false)).toEqual({ all: [200, 600], most: null, beyond: 0 })
    expect(chartDomain([], 'step', false)).toBe(undefined)
    expect(chartDomain(to(3000, 14_000, 3000, 9000), 'step', false)!.most).toBe(null)
  })

  it('spans the others where one line is more than five times as long', () => {
    const found = chartDomain(to(3000, 70_000, 2800, 3000), 'step', false)!
    expect(found.all).toEqual([0, 70_000])
    expect(found.beyond).toBe(1)
    expect(found.most![0]).toBe(0)
    expect(found.most![1]).toBeGreaterThanOrEqual(3000)
    expect(found.most![1]).toBeLessThan(3000 * 1.04)
    expect(chartDomain(to(...Array<number>(38).fill(100), 9000, 8000), 'epoch', false)).toMatchObject({ beyond: 2 })
    // Of ten lines, two are not the exception.
    expect(chartDomain(to(...Array<number>(8).fill(100), 9000, 8000), 'epoch', false)!.most).toBe(null)
  })

  it('counts runs, not their lines', () => {
    const run = (...ends: number[]) => ends.map((end): Span => [0, end])
    const found = chartDomain([run(3000, 3000), run(70_000, 60_000, 50_000), run(2900)], 'step', false)!
    expect(found.beyond).toBe(1)
    expect(chartDomain([run(3000, 3000, 70_000)], 'step', false)!.most).toBe(null)
  })

  it('stays where it is while the others grow a little', () => {
    const at = (step: number) => chartDomain(to(step, step - 10, 70_000), 'step', false)!.most
    expect(at(3010)).toEqual(at(3060))
  })

  it('hides no line as a whole, and does not choose one of two', () => {
    expect(chartDomain([...to(3000, 3000), [[60_000, 70_000]]], 'step', false)!.most).toBe(null)
    expect(chartDomain(to(3000, 70_000), 'step', false)!.most).toBe(null)
    expect(chartDomain(to(0, 0, 70_000), 'step', false)!.most).toBe(null)
  })

  it('shows all on wall time, on a metric and on a logarithmic axis', () => {
    for (const axis of ['time', 'metric:loss'] as const)
      expect(chartDomain(to(3000, 70_000, 2800), axis, false)!.most).toBe(null)
    expect(chartDomain(runs([1, 3000], [1, 70_000], [2, 2800]), 'step', true)!.most).toBe(null)
  })

  it('that is logarithmic begins at the smallest positive x', () => {
    const sequence = (id: string, first_step: number, last_step: number, count = 5) =>
      ({ sequence: { id, first_step, last_step, count } }) as unknown as FoundChart['lines'][number]
    const chart = (...lines: FoundChart['lines']): FoundChart => ({ key: '', name: '', context: '', metric: '', lines })
    const steps = (log: boolean) => [...stepSpans(chart(sequence('a', 0, 100), sequence('b', -4, 0)), log)]
    expect(steps(true)).toEqual([['a', [1, 100]]])
    expect(steps(false)).toEqual([
      ['a', [0, 100]],
      ['b', [-4, 0]],
    ])
    expect(stepSpans(chart(sequence('a', 0, 100, 0)), false).size).toBe(0)
    const spans = new Map<string, Span>([['a', [1, 120]]])
    const seen = new Map<string, Span>([
      ['a', [10, 100]],
      ['b', [3, 4]],
      ['gone', [0, 9]],
    ])
    const both = chart(sequence('a', 0, 100), sequence('b', -4, 0))
    expect([...spansByRun(both, spans, seen, true).values()]).toEqual([
      [
        [10, 120],
        [3, 4],
      ],
    ])
    expect([...spansByRun(both, spans, seen, false).values()]).toEqual([
      [
        [1, 120],
        [3, 4],
      ],
    ])
  })
})
