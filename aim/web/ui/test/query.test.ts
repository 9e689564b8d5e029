import { describe, expect, it } from 'vitest'
import { isQuery, runQuery, wordsOf } from '../src/base/runQuery'
import { fixesOf } from '../src/parts/query/fixes'

describe('a hint that proposes a name', () => {
  it.each([
    [
      'params.learning_rat > 0',
      'no run has params.learning_rat; did you mean params.learning_rate?',
      ['params.learning_rate > 0'],
    ],
    [
      'lrr > 0 and lr < 1',
      'no run has params.lrr; did you mean params.lr or params.lrs?',
      ['params.lr > 0 and lr < 1', 'params.lrs > 0 and lr < 1'],
    ],
    ['run.lr > 0', 'no run has run.lr; did you mean params.lr?', ['params.lr > 0']],
    ['los if params.lr > 0', "no metric 'los'; did you mean loss?", ['loss if params.lr > 0']],
    ['run.experiment == "digit"', "no experiment 'digit'; did you mean digits?", ['run.experiment == "digits"']],
    [
      'step > 5',
      'no run has params.step; a query finds whole metrics and does not choose among their points: did you mean metric.last_step?',
      ['metric.last_step > 5'],
    ],
    ['params.x > 5', 'no run has params.x', []],
  ])('%s', (query, hint, fixed) => {
    expect(fixesOf(query, hint).map((f) => f.query)).toEqual(fixed)
  })
})

describe('words and queries', () => {
  it('are told apart', () => {
    for (const words of ['calm heron', 'baseline', 'resnet-50', 'brand new', 'fix #12'])
      expect(isQuery(words)).toBe(false)
    for (const query of ['params.lr > 1', 'loss if lr', 'a and b', 'run.archived', 'not x'])
      expect(isQuery(query)).toBe(true)
  })
  it('a query made of words gives them back', () => {
    expect(wordsOf(runQuery('say "hi"'))).toBe('say "hi"')
    expect(wordsOf('run.name.contains("a")')).toBe(null)
  })
})
