// Rows of a search, page by page as the grid asks for them. The last good result stays while the next one comes.

import { useCallback, useEffect, useRef, useState } from 'react'
import { api, ApiError } from '../api/client'
import type { RunRow } from '../api/types'
import type { SortKey } from '../app/views'
import { useLiveChange, useThrottled } from '../app/queries'
import { searching } from '../app/search'
import type { Span } from '../grid/window'

const PAGE = 100

export interface RunsState {
  /** The query that these rows answer. */
  readonly q: string
  readonly rows: readonly (RunRow | undefined)[]
  readonly matched: number
  readonly total: number
  readonly hints: readonly string[]
  readonly tookMs: number
  readonly error: unknown
  /** A first answer has come. */
  readonly ready: boolean
  readonly loading: boolean
  /** Runs that began since and are not shown yet. */
  readonly fresh: number
  readonly version: number
}

const EMPTY: RunsState = { q: '', rows: [], matched: 0, total: 0, hints: [], tookMs: 0, error: null, ready: false, loading: true, fresh: 0, version: 0 }

export function useRuns(q: string, sort: readonly SortKey[], columns: readonly string[] | null) {
  const [state, setState] = useState<RunsState>(EMPTY)
  const key = JSON.stringify([q, sort, columns])
  const now = useRef({ key, q, sort, columns, rows: [] as (RunRow | undefined)[], asked: new Set<number>(), span: { from: 0, to: 40 } as Span, top: true, changed: new Set<string>() })
  const abort = useRef<AbortController | null>(null)

  const fetchPage = useCallback((page: number, fresh: boolean, behind: boolean) => {
    const c = now.current
    if (c.columns === null) return
    if (!fresh && c.asked.has(page)) return
    c.asked.add(page)
    const wanted = c.key
    const control = abort.current ?? (abort.current = new AbortController())
    const asked = { q: c.q, sort: c.sort, offset: page * PAGE, limit: PAGE, columns: c.columns }
    searching('runs', c.q, control.signal, (signal, onProgress) => api.runs(asked, signal, onProgress), behind).then(
      (r) => {
        if (now.current.key !== wanted || control.signal.aborted) return
        if (fresh) {
          c.rows = []
          c.asked = new Set([page])
        }
        c.rows.length = r.matched
        for (let i = 0; i < r.rows.length; i++) c.rows[page * PAGE + i] = r.rows[i]
        setState((s) => ({ q: c.q, rows: c.rows, matched: r.matched, total: r.total, hints: r.hints, tookMs: r.took_ms, error: null, ready: true, loading: false, fresh: fresh ? 0 : s.fresh, version: s.version + 1 }))
        if (fresh) ensure(c.span)
      },
      (error: unknown) => {
        c.asked.delete(page)
        if (control.signal.aborted || now.current.key !== wanted || (error instanceof ApiError && (error.isQuery || error.code === 'stopped'))) return
        setState((s) => ({ ...s, error, loading: false }))
      },
    )
  }, [])

  const ensure = useCallback((span: Span) => {
    const c = now.current
    c.span = span
    const last = Math.max(0, Math.min(span.to, Math.max(1, c.rows.length)) - 1)
    for (let p = Math.floor(span.from / PAGE); p <= Math.floor(last / PAGE); p++) fetchPage(p, false, true)
  }, [fetchPage])

  const reload = useCallback((behind = false) => {
    abort.current?.abort()
    abort.current = new AbortController()
    fetchPage(Math.floor(now.current.span.from / PAGE), true, behind)
  }, [fetchPage])

  useEffect(() => {
    const c = now.current
    Object.assign(c, { key, q, sort, columns })
    abort.current?.abort()
    abort.current = new AbortController()
    c.span = { from: 0, to: 40 }
    setState((s) => ({ ...s, loading: true }))
    fetchPage(0, true, false)
    // `key` holds q, sort and columns.
    // eslint-disable-next-line react-hooks/exhaustive-deps
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
    if (hashes.length === 0 || c.columns === null) return
    const wanted = c.key
    // Asked by hash, so that no row changes its place under the reader.
    api.runs({ q: `run.hash in [${hashes.map((h) => JSON.stringify(h)).join(', ')}]`, sort: [], offset: 0, limit: 200, columns: c.columns }).then(
      (r) => {
        if (now.current.key !== wanted) return
        const by = new Map(r.rows.map((row) => [row.hash, row]))
        patch(new Set(by.keys()), (old) => by.get(old.hash) ?? old)
      },
      () => undefined,
    )
  }, 1000)

  useLiveChange((change) => {
    const c = now.current
    if (c.columns === null) return
    if (change.runs.includes('*')) {
      reload(true)
      return
    }
    if (change.new_runs.length > 0) {
      const newest = c.sort[0]?.by === 'created_at' && c.sort[0].desc
      if ((newest && c.top) || c.rows.length === 0) reload(true)
      else setState((s) => ({ ...s, fresh: s.fresh + change.new_runs.length }))
    }
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
