import { describe, expect, it } from 'vitest'
import { differences } from '../src/parts/facts/Params'
import { bySpan, ranked } from '../src/parts/facts/runHeadline'
import { lossText } from '../src/features/run/runLoss'

const NOTHING = { lost_points: 0, lost_events: 0, rejected: 0, unsynced: 0, causes: [] }

describe('the loss ledger', () => {
  it('says in words what was lost, and why', () => {
    expect(lossText({ ...NOTHING, lost_points: 12, causes: [{ cause: 'ENOSPC', count: 12 }] })).toBe(
      '12 points lost: disk full',
    )
    expect(
      lossText({
        ...NOTHING,
        lost_points: 1,
        lost_events: 2,
        causes: [
          { cause: 'EPERM', count: 1 },
          { cause: 'EACCES', count: 1 },
          { cause: 'EXDEV', count: 1 },
        ],
      }),
    ).toBe('1 point and 2 changes lost: no permission, EXDEV')
  })
  it('does not call lost what was refused', () => {
    expect(lossText({ ...NOTHING, rejected: 3, causes: [{ cause: 'value', count: 3 }] })).toBe('')
    expect(lossText({ ...NOTHING, lost_points: 2, rejected: 3, causes: [{ cause: 'value', count: 3 }] })).toBe(
      '2 points lost',
    )
  })
})

describe('the metrics of a run', () => {
  const s = (name: string, subset: string, rank: number) => ({
    name,
    context: { subset },
    count: 1,
    last: 0,
    min: 0,
    max: 0,
    first_step: 0,
    last_step: 0,
    last_time: 0,
    hidden_points: 0,
    rank,
  })
  const all = [s('accuracy', 'train', 3), s('loss', 'train', 2), s('accuracy', 'val', 1), s('loss', 'val', 0)]
  it('start with its headline, then as the server ranks them', () => {
    expect(ranked(all, null).map((m) => `${m.name} ${m.context.subset}`)).toEqual([
      'loss val',
      'accuracy val',
      'loss train',
      'accuracy train',
    ])
    expect(ranked(all, { name: 'accuracy', context: { subset: 'val' } })[0]).toBe(all[2])
    expect(ranked(all, { name: 'accuracy', context: {} })[0]).toBe(all[3])
  })
})

describe('params that differ', () => {
  it('are found at any depth, also where one run lacks them', () => {
    const a = { lr: 0.1, opt: { name: 'sgd', betas: [0.9, 0.99] }, only: null }
    const b = { lr: 0.1, opt: { name: 'adam', betas: [0.9, 0.99] }, extra: { deep: 1 } }
    expect(differences(a, b)).toEqual([
      { path: 'opt.name', mine: 'sgd', theirs: 'adam' },
      { path: 'only', mine: null, theirs: undefined },
      { path: 'extra.deep', mine: undefined, theirs: 1 },
    ])
  })
  it('take NaN for NaN, and not for None', () => {
    expect(differences({ a: NaN, b: NaN }, { a: NaN, b: null }).map((d) => d.path)).toEqual(['b'])
  })
})

describe('curves of a run in small', () => {
  const s = (id: string, first_step: number, last_step: number) => ({
    id,
    name: id,
    context: {},
    count: 2,
    last: 0,
    min: 0,
    max: 0,
    first_step,
    last_step,
    last_time: 0,
    hidden_points: 0,
  })
  it('are asked for with those alone that span the same steps', () => {
    expect(
      bySpan([s('long', 0, 50_000), s('short', 0, 20), s('other', 0, 50_000), { ...s('gone', 0, 1), id: undefined }]),
    ).toEqual([['long', 'other'], ['short']])
  })
})
