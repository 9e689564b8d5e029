import { describe, expect, it } from 'vitest'
import type { MetricRun, MetricSequence } from '../src/base/api/types'
import { SeriesCache } from '../src/charts/data/seriesCache'
import { groupRows, openedRows, sortedGroups } from '../src/features/metrics/groupRows'
import { Places } from '../src/parts/curves/groupColours'
import { groupCount } from '../src/parts/curves/grouped/seeds'
import { BUT_SEED, differingParams, isSeed, slotFields, toggledItem } from '../src/parts/curves/grouped/slotFields'
import { METRICS_DEFAULT } from '../src/parts/curves/metricsAddress'
import { buildModel } from '../src/parts/curves/metricsModel'
import { present } from '../src/parts/curves/missing'

function run(params: object, status = 'finished'): MetricRun {
  return { name: 'r', experiment: 'e', status, created_at: 0, tags: [], params } as unknown as MetricRun
}

const RUNS: Record<string, MetricRun> = {}
const SEQUENCES: MetricSequence[] = []
for (const lr of [0.1, 0.01])
  for (const seed of [0, 1, 2]) {
    const hash = `${lr}-${seed}`
    RUNS[hash] = run(
      { hparams: { lr, opt: 'adam', seed, np_seed: seed * 7 }, out: { output_dir: `/tmp/${hash}` } },
      hash === '0.1-2' ? 'failed' : 'finished',
    )
    SEQUENCES.push({
      id: hash,
      run: hash,
      name: 'loss',
      context: {},
      count: 10,
      last: lr + seed,
      min: lr,
      max: 10 + seed,
      first_step: 0,
      last_step: 9,
      nan_count: 0,
      hidden_points: 0,
    } as unknown as MetricSequence)
  }

const build = (colour: string) => buildModel(SEQUENCES, RUNS, colour, '', null, new Places())

describe('everything but the seed', () => {
  it('is what differs, without seeds and places, which are named', () => {
    expect(differingParams(RUNS).paths).toEqual(['hparams.lr', 'hparams.np_seed', 'hparams.seed', 'out.output_dir'])
    expect(slotFields(BUT_SEED, RUNS)).toEqual({
      fields: ['params.lr'],
      leftOut: ['params.np_seed', 'params.seed', 'params.output_dir'],
    })
    expect(groupCount(RUNS)).toBe(2)
  })

  it('knows the names of seeds', () => {
    for (const path of ['seed', 'a.random_seed', 'rng', 'e["x.y"].torch_seed', 'env.PYTHONHASHSEED', 'random_state'])
      expect(isSeed(path), path).toBe(true)
    for (const path of ['seeds', 'seed.lr', 'reseed', 'lr']) expect(isSeed(path), path).toBe(false)
  })

  it('counts a param that only some runs have', () => {
    const runs = { a: run({ lr: 1 }), b: run({ lr: 1, warmup: 5 }) }
    expect(slotFields(BUT_SEED, runs).fields).toEqual(['params.warmup'])
    expect(groupCount(runs)).toBe(null)
  })

  it('may leave out more, and ends where a seed is wanted', () => {
    const more = toggledItem([BUT_SEED], 'params.lr', RUNS)
    expect(more).toEqual(['but:seed;params.lr'])
    expect(slotFields(more[0]!, RUNS).fields).toEqual([])
    expect(toggledItem(more, 'params.lr', RUNS)).toEqual([BUT_SEED])
    expect(toggledItem([BUT_SEED], 'params.seed', RUNS)).toEqual(['params.lr', 'params.seed'])
    expect(toggledItem(['params.lr', 'subset'], BUT_SEED, RUNS)).toEqual(['subset', BUT_SEED])
  })
})

describe('several fields', () => {
  it('make a group for each combination', () => {
    const { groups } = build('params.lr,params.opt,params.seed')
    expect(groups).toHaveLength(6)
    expect(groups[0]!.label).toBe('0.1 · adam · 0')
    expect(groups[0]!.title).toBe('lr 0.1 · opt adam · seed 0')
  })

  it('are kept where they are there', () => {
    const view = { ...METRICS_DEFAULT, colour: 'params.lr,params.gone', dash: BUT_SEED }
    const { view: kept, missing } = present(view, SEQUENCES, RUNS)
    expect([kept.colour, kept.dash, missing]).toEqual(['params.lr', BUT_SEED, ['colour by params.gone']])
  })
})

describe('the table of groups', () => {
  const rows = groupRows(build(BUT_SEED), () => true)

  it('has mean, t interval and extremes of the members, without what failed', () => {
    const [low, high] = rows
    // numpy: mean and t.ppf(0.975, n - 1) * sem of [0.01, 1.01, 2.01] and of [0.1, 1.1]
    expect(low!.group.label).toBe('0.01')
    expect([low!.last.n, low!.min, low!.max]).toEqual([3, 0.01, 12])
    expect(low!.last.mean).toBeCloseTo(1.01, 12)
    expect(low!.last.half).toBeCloseTo(2.4841377117503303, 9)
    expect([high!.last.n, high!.max, high!.apart.length]).toEqual([2, 11, 1])
    expect(high!.last.mean).toBeCloseTo(0.6, 12)
  })

  it('leaves out what is hidden', () => {
    const [low] = groupRows(build(BUT_SEED), (l) => l.sequence.id !== '0.01-0')
    expect(low!.last.n).toBe(2)
  })

  it('is sorted by a column, and opens to the members', () => {
    const cache = new SeriesCache()
    const sorted = sortedGroups(rows, [{ by: 'last', desc: false }], null, cache)
    expect(sorted.map((r) => r.group.label)).toEqual(['0.1', '0.01'])
    expect(sortedGroups(rows, [{ by: 'cross', desc: true }], 5, cache)).toHaveLength(2)
    expect(openedRows(sorted, new Set([sorted[0]!.key])).map((r) => ('line' in r ? r.isApart : null))).toEqual([
      null,
      false,
      false,
      true,
      null,
    ])
  })
})
