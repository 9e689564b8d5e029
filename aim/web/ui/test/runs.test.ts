import { isDescFirst } from '../src/features/runs/sortOptions'
import { afterEach, expect, test, vi } from 'vitest'
import { api, type RunsSearch } from '../src/base/api/client'
import type { ColumnsResult, RunRow, RunsResult } from '../src/base/api/types'
import { columnTree, leavesOf } from '../src/features/runs/columns/columnsTree'
import { RunsLoader } from '../src/features/runs/runsLoader'
import { EMPTY, type RunsState } from '../src/features/runs/runsState'
import { cellEdit } from '../src/features/runs/useCellEdits'
import { documentOrder } from '../src/widgets/grid/window'

const row = (hash: string, more: Partial<RunRow> = {}): RunRow => ({
  hash,
  name: hash,
  experiment: 'digits',
  status: 'finished',
  created_at: 0,
  ended_at: 1,
  duration: 1,
  tags: [],
  archived: false,
  source: 'aim',
  description: '',
  lost_points: 0,
  ...more,
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

test('a cell edit holds what differs, and nothing where nothing does', () => {
  const r = row('a', { tags: ['x', 'y'], description: 'old' })
  expect(cellEdit(r, '@name', ' b ')).toMatchObject({ field: 'name', edit: { name: 'b' }, before: 'a' })
  expect(cellEdit(r, '@name', ' ')).toBeNull()
  expect(cellEdit(r, '@description', 'old')).toBeNull()
  expect(cellEdit(r, '@tags', 'y, z, z,')).toMatchObject({ edit: { add_tags: ['z'], remove_tags: ['x'] } })
  expect(cellEdit(r, '@tags', 'y, x')).toBeNull()
})

const KNOWN: ColumnsResult = {
  params: [
    { path: 'hparams.lr', count: 2, distinct: 2, kinds: ['float'] },
    { path: 'seed', count: 2, distinct: 1, kinds: ['int'] },
  ],
  metrics: [{ name: 'loss', context: '{"subset":"val"}', count: 2, goal: 'min' }],
}

test('the tree of columns has fields, params by their dots and metrics by their summaries', () => {
  const root = columnTree(KNOWN, '', false)
  expect([...root.branches.keys()]).toEqual(['Run', 'Params', 'Metrics'])
  expect([...root.branches.get('Params')!.branches.keys()]).toEqual(['hparams'])
  expect(leavesOf(root.branches.get('Metrics')!).map((l) => l.label)).toEqual(['last', 'min', 'max', 'best (lowest)'])
})

test('the tree of columns holds what a search finds, or what differs', () => {
  const ids = (needle: string, differ: boolean) => leavesOf(columnTree(KNOWN, needle, differ)).map((l) => l.id)
  expect(ids(' LR ', false)).toEqual(['hparams.lr'])
  expect(ids('', true).filter((id) => !id.startsWith('metric:'))).toEqual(['hparams.lr'])
  expect(ids('nothing like it', false)).toEqual([])
})

test('rows keep the elements of the document: element i % pool is that of row i', () => {
  expect(documentOrder({ from: 4, to: 9 }, 8, 4, 0)).toEqual([4, 5, 6, 7])
  expect(documentOrder({ from: 4, to: 8 }, 100, 4, 6)).toEqual([6, 7, 4, 5])
})

function answer(rows: RunRow[], more: Partial<RunsResult> = {}): RunsResult {
  return { total: rows.length, matched: rows.length, offset: 0, rows, columns: [], hints: [], took_ms: 1, ...more }
}

/** A loader whose questions are answered by hand. */
function loaderOf() {
  const asked: { wanted: RunsSearch; answer: (r: RunsResult) => Promise<void> }[] = []
  vi.spyOn(api, 'runs').mockImplementation(
    (wanted) =>
      new Promise<RunsResult>((resolve) =>
        asked.push({
          wanted,
          async answer(r) {
            resolve(r)
            await new Promise((done) => setTimeout(done))
          },
        }),
      ),
  )
  const seen = { state: EMPTY }
  const loader = new RunsLoader((change: (s: RunsState) => RunsState) => {
    seen.state = change(seen.state)
  })
  return { loader, asked, seen }
}

const search = (q: string) => ({ q, sort: [], columns: null, enabled: true })

test('the answer to an earlier search is dropped', async () => {
  const { loader, asked, seen } = loaderOf()
  loader.start(search('first'))
  loader.start(search('second'))
  await asked[1]!.answer(answer([row('b')]))
  await asked[0]!.answer(answer([row('a')]))
  expect(seen.state).toMatchObject({ q: 'second', ready: true, rows: [{ hash: 'b' }] })
  loader.end()
})

test('a page is asked for once, and the columns of later pages are those of the first', async () => {
  const { loader, asked, seen } = loaderOf()
  loader.start(search(''))
  const first = Array.from({ length: 100 }, (_, i) => row(`r${i}`))
  await asked[0]!.answer(answer(first, { matched: 150, columns: ['lr'] }))
  loader.ensure({ from: 100, to: 140 })
  loader.ensure({ from: 104, to: 144 })
  expect(asked.slice(1).map((a) => [a.wanted.offset, a.wanted.columns])).toEqual([[100, ['lr']]])
  await asked[1]!.answer(answer([row('r100')], { matched: 150 }))
  expect(seen.state.rows[100]).toMatchObject({ hash: 'r100' })
  expect(seen.state.rows).toHaveLength(150)
  loader.end()
})

test('an edit changes the row at once', async () => {
  const { loader, asked, seen } = loaderOf()
  loader.start(search(''))
  await asked[0]!.answer(answer([row('a'), row('b')]))
  loader.patch(new Set(['b']), (r) => ({ ...r, name: 'new' }))
  expect(seen.state.rows.map((r) => r?.name)).toEqual(['a', 'new'])
  loader.end()
})

test('new runs of a table that is scrolled down are counted, not shown', async () => {
  const { loader, asked, seen } = loaderOf()
  loader.start({ ...search(''), sort: [{ by: 'created_at', desc: true }] })
  await asked[0]!.answer(answer([row('a')]))
  loader.setTop(false)
  loader.onLive({ runs: ['n'], new_runs: ['n'], removed: [], at: 0 })
  await vi.waitFor(() => expect(seen.state.fresh).toBe(1))
  expect(asked).toHaveLength(1)
  loader.end()
})

test('the first press of a title sorts losses lowest first, scores highest first and names from A to Z', () => {
  const known = {
    params: [],
    metrics: [
      { name: 'loss', context: '{"subset":"val"}', goal: 'min' },
      { name: 'accuracy', context: '{}', goal: 'max' },
    ],
  } as unknown as ColumnsResult
  expect(isDescFirst('metric:loss|{"subset":"val"}|last', known)).toBe(false)
  expect(isDescFirst('metric:accuracy|{}|last', known)).toBe(true)
  expect(isDescFirst('metric:other|{}|last', known)).toBe(true)
  expect(isDescFirst('params.lr', known)).toBe(true)
  expect(isDescFirst('name', undefined)).toBe(false)
})
