import { describe, expect, it } from 'vitest'
import { layFigure, shortened, type FigureOptions, type FigureText } from '../src/charts/draw/figure'
import { checked, DEFAULTS } from '../src/parts/curves/exports/figureSettings'

const OPTIONS: FigureOptions = {
  title: 'loss',
  legend: 'right',
  theme: 'light',
  width: 900,
  height: 420,
  fontSize: 11,
  withNotes: true,
}
const TEXT: FigureText = { xTitle: 'step', yTitle: 'loss', notes: ['0.6 ema'], source: 'loss', bar: null }
const measure = (text: string) => text.length * 6
const entries = (n: number, label = 'run') =>
  Array.from({ length: n }, (_, i) => ({ label: `${label} ${i}`, colour: '#000', dash: 0 }))

describe('a figure', () => {
  it.each(['right', 'below', 'none'] as const)('keeps half of its height for the plot with a legend %s', (legend) => {
    for (const height of [200, 420, 2000]) {
      const at = layFigure({ ...OPTIONS, legend, height }, entries(60), TEXT, measure)
      expect(at.chart.height).toBeGreaterThan(0.35 * at.height)
      expect(at.chart.width).toBeGreaterThan(0.5 * at.width)
      for (const { x, y } of at.legend) {
        expect(x).toBeGreaterThanOrEqual(0)
        expect(y).toBeLessThan(at.height)
      }
      expect(at.legend.length + at.left).toBe(legend === 'none' ? 0 : 60)
    }
  })

  it('draws everything larger with a larger font', () => {
    const at = layFigure({ ...OPTIONS, fontSize: 22 }, entries(3), TEXT, measure)
    expect([at.width, at.height, at.scale]).toEqual([450, 210, 2])
  })

  it('cuts long names in their middle, where they differ least', () => {
    expect(shortened('resnet-50-imagenet-seed-1', 60, measure)).toMatch(/^resn.*ed-1$/)
    expect(shortened('short', 60, measure)).toBe('short')
    const at = layFigure(OPTIONS, entries(2, 'x'.repeat(200)), TEXT, measure)
    expect(new Set(at.legend.map((l) => l.text)).size).toBe(2)
  })

  it('takes settings from anywhere', () => {
    expect(checked({})).toEqual(DEFAULTS)
    expect(checked({ width: 1e9, height: NaN, fontSize: '7', legend: 'up', unit: 'ell' })).toEqual({
      ...DEFAULTS,
      width: 4000,
    })
  })
})
