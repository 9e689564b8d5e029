import { describe, expect, it } from 'vitest'
import { asPython } from '../src/features/metrics/asPython'
import { METRICS_DEFAULT } from '../src/parts/curves/metricsAddress'

describe('copy as Python', () => {
  it('names the repo and asks for what the page asks for', () => {
    expect(asPython('loss if run.name == "a"', METRICS_DEFAULT, '/data/my repo')).toBe(`import aim

repo = aim.Repo("/data/my repo")
for metric in repo.query_metrics("loss if run.name == \\"a\\""):
    print(metric.run.name, metric.name, dict(metric.context), metric.steps, metric.values)
`)
  })

  it('has the range and the expressions, and says what it leaves out', () => {
    const view = {
      ...METRICS_DEFAULT,
      exprs: ['loss.val - loss.train'],
      range: [10, 20.5] as const,
      smoothing: { kind: 'ema' as const, amount: 0.6 },
      colour: 'params.lr',
      show: 'a\nimport os',
    }
    const text = asPython('loss', view, '/r')
    expect(text.match(/shown = \(metric\.steps >= 10\) & \(metric\.steps <= 20\.5\)/g)).toHaveLength(2)
    expect(text).toContain('repo.query_metrics("loss", expr="loss.val - loss.train")')
    expect(text).toContain('metric.values[shown]')
    expect(text).toMatch(/# .*smoothing 0\.6 ema; colours by params\.lr; charts named a import os\.\n$/)
  })

  it('has no range on an axis that the SDK does not have', () => {
    const text = asPython('', { ...METRICS_DEFAULT, x: 'relative_time', range: [0, 5] }, '/r')
    expect(text).not.toContain('shown')
    expect(text).toContain('# The page also has: the x axis relative time; the range 0 to 5.')
  })
})
