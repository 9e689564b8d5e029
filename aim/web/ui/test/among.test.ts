import { describe, expect, it } from 'vitest'
import { ApiError } from '../src/base/api/client'
import { amongRuns, errorOfText } from '../src/parts/query/among'

const AMONG = 'run.hash in ["ab", "cd"]'
const among = (q: string) => amongRuns(q, ['ab', 'cd'])

describe('a query among runs', () => {
  it('is as it was without runs', () => {
    expect(amongRuns('loss', [])).toBe('loss')
  })
  it.each([
    ['', AMONG],
    ['loss', `loss if ${AMONG}`],
    ['loss, train/acc, tf:a', `loss, train/acc, tf:a if ${AMONG}`],
    ['"F1 (macro), x"', `"F1 (macro), x" if ${AMONG}`],
    ['loss if params.lr > 1 or params.x', `loss if( params.lr > 1 or params.x) and ${AMONG}`],
    ['run.archived', `(run.archived) and ${AMONG}`],
    ['params.a/params.b', `(params.a/params.b) and ${AMONG}`],
    ['lr < 1 or metric.name == "if x"', `(lr < 1 or metric.name == "if x") and ${AMONG}`],
    ['params.if == 1', `(params.if == 1) and ${AMONG}`],
    ['loss # all of it', `loss # all of it\n if ${AMONG}`],
    ['loss if a > 1 # (b', `loss if( a > 1 # (b\n) and ${AMONG}`],
  ])('%s', (q, expected) => {
    expect(among(q)).toBe(expected)
  })
  it('has its errors where the reader wrote them', () => {
    const error = (column: number, line = 1) =>
      new ApiError('query_syntax', `unexpected (line ${line}, column ${column})`, 400, line, column)
    const at = (q: string, column: number, line = 1) => errorOfText(error(column, line), q, ['ab'])!
    expect(at('loss if lr = 1', 13).column).toBe(12)
    expect(at('loss if lr = 1', 13).message).toBe('unexpected (line 1, column 12)')
    expect(at('los s if lr', 5).column).toBe(5)
    expect(at('lr = 1', 5).column).toBe(4)
    expect(at('loss if\nlr = 1', 4, 2).column).toBe(4)
  })
})
