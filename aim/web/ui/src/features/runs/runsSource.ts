// Rows of a search, page by page as the grid asks for them. The last good result stays while the next one comes.

import { useCallback, useEffect, useRef, useState } from 'react'
import { api, ApiError } from '../../base/api/client'
import type { ColumnsResult, RunRow } from '../../base/api/types'
import type { SortKey } from '../../base/api/types'
import { useLiveChange, useThrottled } from '../../base/queries'
import { searching } from '../../base/search'
import type { Span } from '../../widgets/grid/window'
import { addRows, columnDigits, NO_DIGITS, type ColumnDigits, type Extremes } from './columnDigits'

const PAGE = 100
/** So many rows ahead of a scroll the next page is asked for: a row that comes into sight is there, and drawn once. */
const AHEAD = 60
/** What columns there are is asked again after this, in ms. */
const KNOWN_MS = 60_000
/** A table that shows new runs as they begin is read anew at most this often, in ms. */
const RELOAD_MS = 500

/** How many rows beside those in sight are wanted, after a scroll from one span to another. */
export function ahead(old: Span, now: Span): { readonly before: number; readonly after: number } {
  return { before: now.from < old.from ? AHEAD : 0, after: now.from > old.from ? AHEAD : 0 }
}

function same(a: readonly string[] | null, b: readonly string[]): boolean {
  return a !== null && a.length === b.length && a.every((c, i) => c === b[i])
}

function isOneOf(hashes: readonly string[]): string {
  return `run.hash in [${hashes.map((h) => JSON.stringify(h)).join(', ')}]`
}

export interface RunsState {
  /** The query that these rows answer. */
  readonly q: string
  readonly rows: readonly (RunRow | undefined)[]
  /** The columns of the rows: those asked for, or those that the server picked. */
  readonly columns: readonly string[]
  readonly digits: ColumnDigits
  /** The params and metrics of all runs that match. */
  readonly known: ColumnsResult | undefined
  readonly matched: number
  readonly total: number
  readonly hints: readonly string[]
  readonly tookMs: number
  readonly error: unknown
  /** A first answer has come. */
  readonly ready: boolean
  readonly loading: boolean
  /** Runs that began since, match, and are not shown yet. */
  readonly fresh: number
  readonly version: number
}

const EMPTY: RunsState = {
  q: '',
  rows: [],
  columns: [],
  digits: NO_DIGITS,
  known: undefined,
  matched: 0,
  total: 0,
  hints: [],
  tookMs: 0,
  error: null,
  ready: false,
  loading: true,
  fresh: 0,
  version: 0,
}

/**
 * Rows, their columns and what columns there are come from one search: the reader waits once.
 *
 * @param columns null: the server picks some.
 * @param enabled False: nothing is asked.
 */
export function useRuns(q: string, sort: readonly SortKey[], columns: readonly string[] | null, enabled: boolean) {
  const [state, setState] = useState<RunsState>(EMPTY)
  const key = JSON.stringify([q, sort, columns, enabled])
  const now = useRef({
    key,
    q,
    sort,
    columns,
    enabled,
    /** The columns of `rows`; null while they are being picked. */
    shown: columns,
    known: { q: '', at: -Infinity },
    extremes: new Map() as Extremes,
    rows: [] as (RunRow | undefined)[],
    asked: new Set<number>(),
    span: { from: 0, to: 40 } as Span,
    top: true,
    changed: new Set<string>(),
    /** Hashes of runs that began since `rows` were asked for. */
    begun: new Set<string>(),
  })
  const abort = useRef<AbortController | null>(null)

  const countFresh = useThrottled(() => {
    const c = now.current
    for (const row of c.rows) if (row) c.begun.delete(row.hash)
    const wanted = c.key
    const tell = (fresh: number) => {
      if (now.current.key === wanted) setState((s) => (s.fresh === fresh ? s : { ...s, fresh }))
    }
    if (c.begun.size === 0 || c.q === '') return tell(c.begun.size)
    return api
      .runs({ q: `(${c.q}) and ${isOneOf([...c.begun].slice(-1000))}`, sort: [], offset: 0, limit: 0, columns: [] })
      .then(
        (r) => tell(r.matched),
        () => undefined,
      )
  }, 1000)

  const fetchPage = useCallback((page: number, fresh: boolean, behind: boolean): Promise<void> | undefined => {
    const c = now.current
    const columns = fresh ? c.columns : c.shown
    if (!c.enabled || (!fresh && (columns === null || c.asked.has(page)))) return undefined
    c.asked.add(page)
    const wanted = c.key
    const control = abort.current ?? (abort.current = new AbortController())
    const known = fresh && (c.known.q !== c.q || Date.now() > c.known.at + KNOWN_MS)
    const begun = [...c.begun]
    const asked = { q: c.q, sort: c.sort, offset: page * PAGE, limit: PAGE, columns, known }
    return searching(
      'runs',
      c.q,
      control.signal,
      (signal, onProgress) => api.runs(asked, signal, onProgress),
      behind,
    ).then(
      (r) => {
        if (now.current.key !== wanted || control.signal.aborted) return
        if (fresh) {
          c.rows = []
          c.extremes = new Map()
          c.asked = new Set([page])
          c.shown = columns ?? r.columns ?? []
          if (r.known) c.known = { q: asked.q, at: Date.now() }
          for (const h of begun) c.begun.delete(h)
        }
        c.rows.length = r.matched
        for (let i = 0; i < r.rows.length; i++) c.rows[page * PAGE + i] = r.rows[i]
        addRows(c.extremes, r.rows, c.shown ?? [])
        setState((s) => ({
          q: c.q,
          rows: c.rows,
          digits: columnDigits(c.extremes, s.digits),
          columns: fresh && !same(c.shown, s.columns) ? c.shown! : s.columns,
          known: r.known ?? s.known,
          matched: r.matched,
          total: r.total,
          hints: r.hints,
          tookMs: r.took_ms,
          error: null,
          ready: true,
          loading: false,
          fresh: fresh ? 0 : s.fresh,
          version: s.version + 1,
        }))
        if (fresh) ensure(c.span)
        if (c.begun.size > 0) countFresh()
      },
      (error: unknown) => {
        c.asked.delete(page)
        if (
          control.signal.aborted ||
          now.current.key !== wanted ||
          (error instanceof ApiError && (error.isQuery || error.code === 'stopped'))
        )
          return
        setState((s) => ({ ...s, error, loading: false }))
      },
    )
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the two below only read what is latest
  }, [])

  const ensure = useCallback(
    (span: Span) => {
      const c = now.current
      const { before, after } = ahead(c.span, span)
      c.span = span
      const first = Math.max(0, span.from - before)
      const last = Math.max(0, Math.min(span.to + after, Math.max(1, c.rows.length)) - 1)
      for (let p = Math.floor(first / PAGE); p <= Math.floor(last / PAGE); p++) void fetchPage(p, false, true)
    },
    [fetchPage],
  )

  const reload = useCallback(
    (behind = false) => {
      abort.current?.abort()
      abort.current = new AbortController()
      return fetchPage(Math.floor(now.current.span.from / PAGE), true, behind)
    },
    [fetchPage],
  )

  useEffect(() => {
    const c = now.current
    Object.assign(c, { key, q, sort, columns, enabled, shown: columns })
    c.begun.clear()
    abort.current?.abort()
    abort.current = new AbortController()
    c.span = { from: 0, to: 40 }
    setState((s) => ({ ...s, loading: true }))
    void fetchPage(0, true, false)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `key` holds q, sort, columns and enabled
  }, [key, fetchPage])

  useEffect(() => () => abort.current?.abort(), [])

  const patch = useCallback((hashes: ReadonlySet<string>, change: (row: RunRow) => RunRow) => {
    const c = now.current
    c.rows = c.rows.map((r) => (r && hashes.has(r.hash) ? change(r) : r))
    setState((s) => ({ ...s, rows: c.rows, version: s.version + 1 }))
  }, [])

  const refreshChanged = useThrottled(() => {
    const c = now.current
    const hashes = [...c.changed].slice(0, 200)
    c.changed.clear()
    if (hashes.length === 0 || !c.enabled || c.shown === null) return undefined
    const wanted = c.key
    // Asked by hash, so that no row changes its place under the reader.
    return api.runs({ q: isOneOf(hashes), sort: [], offset: 0, limit: 200, columns: c.shown }).then(
      (r) => {
        if (now.current.key !== wanted) return
        const by = new Map(r.rows.map((row) => [row.hash, row]))
        patch(new Set(by.keys()), (old) => by.get(old.hash) ?? old)
      },
      () => undefined,
    )
  }, 1000)

  const reloadLive = useThrottled(() => reload(true), RELOAD_MS)
  useLiveChange((change) => {
    const c = now.current
    if (!c.enabled) return
    if (change.runs.includes('*')) {
      reloadLive()
      return
    }
    if (change.new_runs.length > 0) {
      const newest = c.sort[0]?.by === 'created_at' && c.sort[0].desc
      if ((newest && c.top) || c.rows.length === 0) reloadLive()
      else for (const h of change.new_runs) c.begun.add(h)
    }
    // A run may come to match after it began, when its params are set.
    if (change.runs.some((h) => c.begun.has(h))) countFresh()
    const shown = new Set<string>()
    for (let i = c.span.from; i < Math.min(c.span.to, c.rows.length); i++) {
      const row = c.rows[i]
      if (row) shown.add(row.hash)
    }
    for (const h of change.runs) if (shown.has(h)) c.changed.add(h)
    if (c.changed.size > 0) refreshChanged()
  })

  const setTop = useCallback((top: boolean) => {
    now.current.top = top
  }, [])

  return { state, ensure, reload, patch, setTop }
}
