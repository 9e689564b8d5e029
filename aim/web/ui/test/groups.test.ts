import { describe, expect, it } from 'vitest'
import type { RunRow } from '../src/base/api/types'
import { plotSvg } from '../src/charts/draw/svg'
import { formatDateTime } from '../src/base/format'
import { makeScale } from '../src/charts/data/scales'
import type { Palette } from '../src/base/palette'
import { nearestIndex, nearestLines } from '../src/charts/data/nearest'
import { makeGroups, pathOf, statsOf } from '../src/features/runs/groups'
import { series } from './helpers'

const LOSS = 'metric:loss|{}|last'
const AT = new Map([
  ['hparams.opt', 0],
  [LOSS, 1],
])

function run(hash: string, opt: unknown, loss: number | null, created = 0): RunRow {
  return {
    hash,
    name: hash,
    experiment: 'e',
    status: 'finished',
    created_at: created,
    ended_at: null,
    duration: 10,
    tags: [],
    archived: false,
    source: 'aim',
    description: '',
    lost_points: 0,
    cells: [opt, loss],
    at: AT,
  }
}

describe('groups of runs', () => {
  const rows = [
    run('a', 'sgd', 1, 1),
    run('b', 'adamw', 4, 5),
    run('c', 'sgd', 3, 2),
    run('d', 'sgd', null, 3),
    run('e', undefined, NaN, 4),
  ]
  const labels = (sort: { by: string; desc: boolean }[]) =>
    makeGroups(rows, ['hparams.opt'], [LOSS], sort).map((g) => g.group.values[0]!.text)

  it('hold every run once, with mean and both values of two that are finite', () => {
    const groups = makeGroups(rows, ['hparams.opt'], [LOSS], [])
    expect(groups.flatMap((g) => g.group.members.map((m) => m.hash)).sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(groups.find((g) => g.group.key === 'sgd')!.group.stats.get(LOSS)).toEqual({
      n: 2,
      mean: 2,
      half: expect.closeTo(12.706204736174694, 9),
      both: [1, 3],
    })
    expect(groups.find((g) => g.group.key === 'none')!.group.stats.has(LOSS)).toBe(false)
  })
  it('leave runs that crashed or failed out of means, and hold them', () => {
    const broken = { ...run('x', 'adamw', 100), status: 'crashed' as const }
    const [group] = makeGroups([run('b', 'adamw', 4), broken], ['hparams.opt'], [LOSS], [])
    expect(group!.group.stats.get(LOSS)).toMatchObject({ n: 1, mean: 4 })
    expect(group!.group.stats.get('duration')).toMatchObject({ n: 1 })
    expect(group!.group.members.map((m) => m.hash)).toEqual(['b', 'x'])
    expect(makeGroups([broken], ['hparams.opt'], [LOSS], [])[0]!.group.stats.has(LOSS)).toBe(false)
  })
  it('are in the order of the sorted column, without a value last either way', () => {
    expect(labels([{ by: LOSS, desc: false }])).toEqual(['sgd', 'adamw', 'none'])
    expect(labels([{ by: LOSS, desc: true }])).toEqual(['adamw', 'sgd', 'none'])
    expect(labels([{ by: 'created_at', desc: true }])).toEqual(['adamw', 'none', 'sgd'])
    expect(labels([{ by: 'params.hparams.opt', desc: true }])).toEqual(['sgd', 'none', 'adamw'])
  })
  it('are by any field of the run, and never say none of one that the run has', () => {
    const texts = (field: string, of: RunRow[]) => makeGroups(of, [field], [], []).map((g) => g.group.values[0]!.text)
    const ended = { ...run('a', 'sgd', 1), ended_at: 1_700_000_000 }
    expect(texts('status', [ended])).toEqual(['finished'])
    expect(texts('tags', [ended])).toEqual(['no tag'])
    expect(texts('ended_at', [ended])).toEqual([formatDateTime(1_700_000_000)])
    expect(texts('ended_at', [run('b', 'sgd', 1)])).toEqual(['–'])
  })
  it('say of a name that is neither a field nor a param that no run has it', () => {
    expect(makeGroups(rows, ['nonsense'], [], []).map((g) => g.group.values[0]!.text)).toEqual(['not in these runs'])
  })
  it('are by the same param whether an address names it in full or as queries do', () => {
    const paths = ['hparams.opt', 'hparams.lr', 'params.lr', 'data.opt.name']
    expect(['hparams.opt', 'params.opt', 'opt', 'params.hparams.opt'].map((f) => pathOf(f, paths))).toEqual(
      Array(4).fill('hparams.opt'),
    )
    expect(['params.lr', 'lr', 'params.none', 'status'].map((f) => pathOf(f, paths))).toEqual([
      'params.lr',
      'lr',
      'params.none',
      'status',
    ])
  })
  it('have no spread of one value', () => {
    expect(statsOf([7, null, undefined, Infinity])).toEqual({ n: 1, mean: 7, half: NaN, both: null })
    // scipy: t.ppf(0.975, 4) * sem
    expect(statsOf([0.31, 0.29, 0.325, 0.276, 0.308])!.half).toBeCloseTo(0.023630793877110565, 12)
    expect(statsOf([NaN])).toBeNull()
  })
})

describe('nearest lines', () => {
  it('are the same whether sequences share their x or not', () => {
    const x = Array.from({ length: 50 }, (_, i) => i * 2)
    const shared = series(
      x,
      x.map((v) => Math.sin(v / 9)),
    )
    const lines = Array.from({ length: 20 }, (_, k) => {
      const last = Float64Array.from(x, (v) => Math.sin(v / 9) + k / 40)
      return { series: { ...shared, last }, values: last }
    })
    const own = lines.map((l) => ({ ...l, series: { ...l.series, x: Float64Array.from(l.series.x) } }))
    const sx = makeScale('linear', [0, 98], [0, 500])
    const sy = makeScale('linear', [-2, 2], [300, 0])
    for (const at of [-5, 0, 3.3, 41, 97.9, 110]) {
      const a = nearestLines(lines, sx, sy, 5 * at, 150, at, 40, 5)
      expect(a).toEqual(nearestLines(own, sx, sy, 5 * at, 150, at, 40, 5))
      for (const n of a) expect(n.index).toBe(nearestIndex(x, at))
    }
  })
})

describe('SVG', () => {
  it('holds names as text and every line', () => {
    const p: Palette = {
      bg: '#fff',
      text: '#000',
      text2: '#000',
      text3: '#000',
      grid: '#eee',
      line: '#ccc',
      cross: '#999',
      err: '#f00',
      warn: '#fa0',
      accent: '#00f',
      ok: '#0f0',
      run: '#00f',
      data: Array.from({ length: 8 }, (_, i) => `#00000${i}`),
      numbers: [],
      font: '"A", sans-serif',
    }
    const box = { left: 40, top: 6, width: 300, height: 100 }
    const s = series([0, 1, 2], [1, 2, 3])
    const text = plotSvg(
      {
        box,
        xAxis: 'step',
        sx: makeScale('linear', [0, 2], [40, 340]),
        sy: makeScale('linear', [0, 4], [106, 6]),
        gaps: 'auto',
        groups: [],
        lines: [{ label: '"a" & <script>', slot: 1, dash: 1, series: s, values: null, strong: false }],
        image: null,
      },
      p,
    ).join('\n')
    expect(text).toContain('&quot;a&quot; &amp; &lt;script&gt;')
    expect(text).not.toContain('<script')
    expect(text).toContain('d="M40 81L190 56L340 31"')
    expect(text).toContain('stroke-dasharray="6 3"')
  })
})
