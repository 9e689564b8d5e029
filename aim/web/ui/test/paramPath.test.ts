import { describe, expect, it } from 'vitest'
import { dig } from '../src/parts/curves/grouping'
import { leaves } from '../src/parts/facts/runLeaves'
import { asQuery, queryOf, readPath, shortNames, spellPath } from '../src/base/paramPath'

describe('paths of params', () => {
  it.each([
    [['lr'], 'lr', 'run.lr'],
    [['opt', 'lr'], 'opt.lr', 'run.opt.lr'],
    [['e', 'x.y'], 'e["x.y"]', 'run.e["x.y"]'],
    [['x.y', 'z'], '["x.y"].z', 'run["x.y"].z'],
    [['my-key', '0'], 'my-key.0', 'run["my-key"]["0"]'],
    [['a', ''], 'a[""]', 'run.a[""]'],
    [['say "hi"'], '["say \\"hi\\""]', 'run["say \\"hi\\""]'],
  ])('%j', (keys, text, query) => {
    expect(spellPath(keys)).toBe(text)
    expect(readPath(text)).toEqual(keys)
    expect(asQuery(text)).toBe(query)
  })

  it('a key that holds a dot and a nested one are two leaves, each found by its path', () => {
    const params = { e: { 'x.y': 1, x: { y: 2 } } }
    expect(leaves(params)).toEqual([
      ['e["x.y"]', 1],
      ['e.x.y', 2],
    ])
    expect(dig(params, 'e["x.y"]')).toBe(1)
    expect(dig(params, 'e.x.y')).toBe(2)
  })

  it('a param has one name: the shortest that means it alone', () => {
    const paths = [
      'hparams.lr',
      'hparams.opt.lr',
      'data.seed',
      'train.seed',
      'top',
      'params.name',
      'a["x.y"]',
      'b["my key"]',
    ]
    const names = shortNames(paths)
    expect(paths.map((p) => names.get(p))).toEqual([
      'lr',
      'opt.lr',
      'data.seed',
      'train.seed',
      'top',
      'params.name',
      '["x.y"]',
      'my key',
    ])
    expect(paths.map((p) => queryOf(p, names))).toEqual([
      'params.lr',
      'params.opt.lr',
      'run.data.seed',
      'run.train.seed',
      'run.top',
      'run.params.name',
      'params["x.y"]',
      'params["my key"]',
    ])
    // As the server names them: tests/unit/explore/test_ranking.py.
    expect([...shortNames(['lr', 'hparams.lr']).values()]).toEqual(['lr', 'hparams.lr'])
    expect([...shortNames(['a["x.y"]', 'b.x.y']).values()]).toEqual(['a["x.y"]', 'b.x.y'])
  })

  it('a text that is not a path is split at its dots', () => {
    expect(readPath('a..b')).toEqual(['a', '', 'b'])
    expect(readPath('a[0].b')).toEqual(['a[0]', 'b'])
  })
})
