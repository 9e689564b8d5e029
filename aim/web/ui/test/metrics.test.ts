import { describe, expect, it } from 'vitest'

import { chartDomains, withSteps, type Span } from '../src/parts/curves/pane/chartDomains'
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

describe('x axes of charts', () => {
  const chart = (key: string, metric = key): FoundChart => ({ key, name: metric, context: '', lines: [], metric })
  const spans = (all: Record<string, Span>) => new Map(Object.entries(all))

  it('are one, also where a chart takes only a part of it', () => {
    const found = chartDomains([chart('a'), chart('b')], spans({ a: [0, 1000], b: [300, 600] }))
    expect([...found.values()]).toEqual([
      { span: [0, 1000], isOwn: false },
      { span: [0, 1000], isOwn: false },
    ])
  })

  it('are of their own for a metric that would be a stroke, and for all charts of it', () => {
    const found = chartDomains(
      [chart('loss'), chart('f1 val', 'f1'), chart('f1 test', 'f1')],
      spans({ loss: [0, 50_000], 'f1 val': [0, 20], 'f1 test': [0, 30] }),
    )
    expect(found.get('loss')).toEqual({ span: [0, 50_000], isOwn: false })
    expect(found.get('f1 val')).toEqual({ span: [0, 30], isOwn: true })
    expect(found.get('f1 test')).toEqual({ span: [0, 30], isOwn: true })
  })

  it('that are logarithmic begin at the smallest positive x of all, and are compared by decades', () => {
    const found = chartDomains(
      [chart('loss'), chart('one'), chart('short'), chart('never')],
      spans({ loss: [1, 100_000], one: [7, 7], short: [3, 90], never: [-2, 0] }),
      true,
    )
    for (const key of ['loss', 'one', 'short']) expect(found.get(key)).toEqual({ span: [1, 100_000], isOwn: false })
    expect(found.get('never')).toEqual({ span: [-2, 0], isOwn: false })
    expect(withSteps(undefined, [0, 100], true)).toEqual([1, 100])
    expect(withSteps([10, 100], [0, 120], true)).toEqual([10, 120])
    expect(withSteps(undefined, [0, 0], true)).toBe(undefined)
    expect(withSteps([10, 100], [0, 120], false)).toEqual([0, 120])
  })

  it('are shared by charts of one metric, by single points, and by charts without points yet', () => {
    const found = chartDomains(
      [chart('run a', 'loss'), chart('run b', 'loss'), chart('one'), chart('none')],
      spans({ 'run a': [0, 1000], 'run b': [0, 5], one: [7, 7] }),
    )
    expect([...found.values()].map((d) => d.isOwn)).toEqual([false, false, false, false])
    expect(found.get('none')!.span).toEqual([0, 1000])
  })
})
