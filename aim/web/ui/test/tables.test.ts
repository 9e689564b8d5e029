import { describe, expect, it } from 'vitest'
import type { RunRow } from '../src/base/api/types'
import { asCsv, asLatex, asMarkdown } from '../src/base/tableTexts'
import { groupsFile, groupsTable, runsTable } from '../src/features/runs/copying/copiedTables'
import { runsPython } from '../src/features/runs/copying/runsPython'
import { makeGroups } from '../src/features/runs/groups'
import { countText } from '../src/features/metrics/groupRows'

const LOSS = 'metric:loss|{"subset":"val"}|last'
const AT = new Map([
  ['hparams.lr', 0],
  ['hparams.opt', 1],
  [LOSS, 2],
])
const NAMES = new Map([
  ['hparams.lr', 'lr'],
  ['hparams.opt', 'opt'],
])

function run(name: string, lr: number, loss: number | null, opt: unknown = 'adam_w'): RunRow {
  return {
    hash: `${name}0123456789`,
    name,
    experiment: 'e',
    status: 'finished',
    created_at: 1_700_000_000,
    ended_at: null,
    duration: 60,
    tags: [],
    archived: false,
    source: 'aim',
    description: '',
    lost_points: 0,
    cells: [lr, opt, loss],
    at: AT,
  }
}

const ROWS = [
  run('a', 0.1, 1.00123456789),
  run('b', 0.1, 1.0111111111),
  run('c', 0.1, 1.0211111111),
  run('d', 0.1, NaN),
  run('e', 0.01, 2.1),
  run('f', 0.01, 2.3),
  run('g', 0.01, NaN),
  run('h', 0.001, NaN),
]
const LIST = ['@status', '@experiment', '@created', '@duration', 'hparams.lr', 'hparams.opt', LOSS, '@tags']
const groups = () => makeGroups(ROWS, ['hparams.lr'], [LOSS], [])

describe('a table of groups for a paper', () => {
  it('has the groups with n, mean ± interval in few digits, and says of how many runs a mean is', () => {
    expect(asMarkdown(groupsTable(groups(), LIST, NAMES))).toBe(
      [
        '| lr | n | opt | loss val |',
        '| ---: | ---: | --- | ---: |',
        '| 0.001 | 1 | adam_w | – |',
        '| 0.01 | 3 | adam_w | 2.200 (2.100, 2.300) (2 of 3) |',
        '| 0.1 | 4 | adam_w | 1.011 ± 0.025 (3 of 4) |',
        '',
      ].join('\n'),
    )
  })
  it('is a tabular of LaTeX in which no text is a command', () => {
    expect(asLatex(groupsTable(groups(), LIST, NAMES))).toBe(
      [
        '\\begin{tabular}{rrlr}',
        '  \\hline',
        '  lr & n & opt & loss val \\\\',
        '  \\hline',
        '  0.001 & 1 & adam\\_w & -- \\\\',
        '  0.01 & 3 & adam\\_w & 2.200 (2.100, 2.300) (2 of 3) \\\\',
        '  0.1 & 4 & adam\\_w & 1.011 $\\pm$ 0.025 (3 of 4) \\\\',
        '  \\hline',
        '\\end{tabular}',
        '',
      ].join('\n'),
    )
  })
  it('is a file with mean, interval and n apart, in full', () => {
    const lines = asCsv(groupsFile(groups(), LIST, NAMES))
      .trim()
      .split('\r\n')
    expect(lines[0]).toBe('lr,runs,opt,loss val mean,loss val t95 half,loss val n')
    expect(lines[1]).toBe('0.001,1,adam_w,,,0')
    expect(lines[2]).toMatch(/^0\.01,3,adam_w,2\.2\d*,1\.27\d{8,},2$/)
  })
  it('has the fields of runs where the address arranges them', () => {
    const table = groupsTable(groups(), ['@status', LOSS, '@duration'], NAMES)
    expect(table.titles).toEqual(['lr', 'n', 'Status', 'loss val', 'Duration'])
    expect(table.rows[2]).toEqual(['0.1', '4', 'finished', '1.011 ± 0.025 (3 of 4)', '1m 0s'])
  })
})

describe('a table of runs for a paper', () => {
  const style = { numeric: new Set(['hparams.lr']), digits: new Map(), names: NAMES }
  it('has names, params and metrics in the digits of the page, no hash and no time', () => {
    expect(asMarkdown(runsTable(ROWS.slice(0, 1), LIST, style))).toBe(
      '| Run | lr | opt | loss val |\n| --- | ---: | --- | ---: |\n| a | 0.1 | adam_w | 1.001 |\n',
    )
  })
  it('escapes what LaTeX, Markdown and spreadsheets would read as their own', () => {
    const table = {
      titles: ['50% & more', 'n'],
      isNumeric: [false, true],
      rows: [
        ['[a]_b^c~d\\e#$f{}', '\u22121.2e-5'],
        ['=SUM(A1) "x" | y', '\u22123'],
      ],
    }
    expect(asLatex(table)).toContain('  50\\% \\& more & n \\\\\n')
    expect(asLatex(table)).toContain(
      '  {}[a]\\_b\\textasciicircum{}c\\textasciitilde{}d\\textbackslash{}e\\#\\$f\\{\\} & $-$1.2$\\times$10$^{-5}$ \\\\\n',
    )
    expect(asMarkdown(table)).toContain('| =SUM(A1) "x" \\| y | -3 |')
    expect(asCsv(table)).toBe('50% & more,n\r\n[a]_b^c~d\\e#$f{},-1.2e-5\r\n"\'=SUM(A1) ""x"" | y",-3\r\n')
  })
})

describe('runs as Python', () => {
  const shown = { q: 'params.lr > 0', sort: [{ by: LOSS, desc: false }], list: LIST, group: [], names: NAMES }
  it('have the columns and the order of the page', () => {
    expect(runsPython({ ...shown, repoPath: '/r' })).toBe(
      [
        'import aim',
        '',
        'repo = aim.Repo("/r")',
        'runs = repo.query_runs("params.lr > 0")',
        'frame = runs.dataframe("pandas", metrics=["loss.val"], params=["lr", "opt"])',
        'frame = frame.sort_values(["loss.val"], ascending=[True])',
        'print(frame)',
        '',
      ].join('\n'),
    )
  })
  it('are grouped as on the page, and name the columns that a data frame cannot have', () => {
    const list = [
      'metric:loss|{}|best:min',
      'metric:loss|{}|at:10',
      'metric:loss|{"subset":"a.b"}|last',
      'expr:last(loss)',
    ]
    const text = runsPython({ ...shown, list, sort: [], group: ['params.lr', 'status'], repoPath: '/r' })
    expect(text).toContain('metrics=["min loss"], params=["lr"])')
    expect(text).toContain(
      'print(frame.groupby(["lr", "status"], dropna=False)[["min loss"]].agg(["mean", "std", "count"]))',
    )
    expect(text).toContain('# The page also has: loss @10; loss a.b; last(loss).')
  })
})

it('says in the table of groups of how many lines a mean is', () => {
  const members = [1, 2, 3] as never
  expect(countText({ members, last: { n: 2, mean: 1, half: NaN } })).toBe('2 of 3')
  expect(countText({ members, last: { n: 3, mean: 1, half: NaN } })).toBe('3')
})
