// Reads the rows of a search page by page, as the grid asks for them. The last good result stays while the next one comes.

import { api, ApiError } from '../../base/api/client'
import type { LiveChange, RunRow, RunsResult, SortKey } from '../../base/api/types'
import { Throttle } from '../../base/live/whenVisible'
import { searching } from '../../base/search'
import type { Span } from '../../widgets/grid/window'
import { addRows, columnDigits, type Extremes } from './columns/columnDigits'
import type { RunsState } from './runsState'

const PAGE = 100
/** This many rows ahead of a scroll the next page is asked for: a row is there, and drawn once, when it comes into sight. */
const AHEAD = 60
const FIRST_SPAN: Span = { from: 0, to: 40 }
/** Which columns there are is asked again after this. */
const KNOWN_MS = 60_000
/** A table that shows new runs as they start is reloaded at most this often. */
const RELOAD_MS = 500
/** How often changed rows, and the number of new runs that match, are asked for at most. */
const REFRESH_MS = 1000
const MOST_REFRESHED = 200
const MOST_COUNTED = 1000

/** How many rows beside those in sight are wanted, after a scroll from one span to another. */
export function ahead(old: Span, now: Span): { readonly before: number; readonly after: number } {
  return { before: now.from < old.from ? AHEAD : 0, after: now.from > old.from ? AHEAD : 0 }
}

export interface RunsQuery {
  readonly q: string
  readonly sort: readonly SortKey[]
  /** null: the server picks some. */
  readonly columns: readonly string[] | null
  /** False: nothing is asked. */
  readonly enabled: boolean
}

const NO_QUERY: RunsQuery = { q: '', sort: [], columns: null, enabled: false }

/** One for each runs table; `publish` gets each change of the state. */
export class RunsLoader {
  private query = NO_QUERY
  /** The columns of `rows`; null while they are being picked. */
  private shown: readonly string[] | null = null
  private known = { q: '', at: -Infinity }
  private extremes: Extremes = new Map()
  private rows: (RunRow | undefined)[] = []
  private readonly askedPages = new Set<number>()
  private span = FIRST_SPAN
  private isAtTop = true
  /** Hashes of rows in sight that changed and are to be read again. */
  private readonly changed = new Set<string>()
  /** Hashes of runs that started since `rows` were asked for. */
  private readonly started = new Set<string>()
  private control = new AbortController()
  private readonly countFresh = new Throttle(() => this.askFresh(), REFRESH_MS)
  private readonly refreshChanged = new Throttle(() => this.askChanged(), REFRESH_MS)
  private readonly reloadLive = new Throttle(() => this.readAgain(true), RELOAD_MS)

  constructor(private readonly publish: (change: (s: RunsState) => RunsState) => void) {}

  /** Shows another search. */
  start(query: RunsQuery): void {
    this.query = query
    this.shown = query.columns
    this.started.clear()
    this.span = FIRST_SPAN
    this.publish((s) => ({ ...s, loading: true }))
    this.reload()
  }

  end(): void {
    this.control.abort()
    for (const throttle of [this.countFresh, this.refreshChanged, this.reloadLive]) throttle.end()
  }

  readonly reload = (): void => void this.readAgain(false)

  /** The rows of this span are in sight. */
  readonly ensure = (span: Span): void => {
    const { before, after } = ahead(this.span, span)
    this.span = span
    const first = Math.max(0, span.from - before)
    const last = Math.max(0, Math.min(span.to + after, Math.max(1, this.rows.length)) - 1)
    for (let p = Math.floor(first / PAGE); p <= Math.floor(last / PAGE); p++) void this.fetchPage(p, false, true)
  }

  /** Changes rows here, for an edit that the server has not answered yet. */
  readonly patch = (hashes: ReadonlySet<string>, change: (row: RunRow) => RunRow): void => {
    this.rows = this.rows.map((r) => (r && hashes.has(r.hash) ? change(r) : r))
    const { rows } = this
    this.publish((s) => ({ ...s, rows, version: s.version + 1 }))
  }

  readonly setTop = (isAtTop: boolean): void => {
    this.isAtTop = isAtTop
  }

  /** Follows what changed on the server. */
  readonly onLive = (change: LiveChange): void => {
    const { enabled, sort } = this.query
    if (!enabled) return
    if (change.runs.includes('*')) {
      this.reloadLive.call()
      return
    }
    if (change.new_runs.length > 0) {
      const isNewestFirst = sort[0]?.by === 'created_at' && sort[0].desc
      if ((isNewestFirst && this.isAtTop) || this.rows.length === 0) this.reloadLive.call()
      else for (const h of change.new_runs) this.started.add(h)
    }
    // A run may come to match after it started, when its params are set.
    if (change.runs.some((h) => this.started.has(h))) this.countFresh.call()
    const inSight = new Set(this.rows.slice(this.span.from, this.span.to).map((row) => row?.hash))
    for (const h of change.runs) if (inSight.has(h)) this.changed.add(h)
    if (this.changed.size > 0) this.refreshChanged.call()
  }

  /** @param behind The reader does not wait for it: it comes behind a result that stays. */
  private readAgain(behind: boolean): Promise<void> | undefined {
    this.control.abort()
    this.control = new AbortController()
    return this.fetchPage(Math.floor(this.span.from / PAGE), true, behind)
  }

  /** @param fresh The first page of an answer that replaces the one that is shown. */
  private fetchPage(page: number, fresh: boolean, behind: boolean): Promise<void> | undefined {
    const { query, control } = this
    const columns = fresh ? query.columns : this.shown
    if (!query.enabled || (!fresh && (columns === null || this.askedPages.has(page)))) return undefined
    this.askedPages.add(page)
    const { q, sort } = query
    const known = fresh && (this.known.q !== q || Date.now() > this.known.at + KNOWN_MS)
    const started = [...this.started]
    const asked = { q, sort, offset: page * PAGE, limit: PAGE, columns, known }
    const isStale = () => this.query !== query || control.signal.aborted
    return searching(
      'runs',
      q,
      control.signal,
      (signal, onProgress) => api.runs(asked, signal, onProgress),
      behind,
    ).then(
      (result) => {
        if (isStale()) return
        if (fresh) this.replace(page, columns ?? result.columns ?? [], started)
        if (fresh && result.known) this.known = { q, at: Date.now() }
        this.take(page, fresh, result)
      },
      (error: unknown) => {
        this.askedPages.delete(page)
        if (isStale() || (error instanceof ApiError && (error.isQuery || error.code === 'stopped'))) return
        this.publish((s) => ({ ...s, error, loading: false }))
      },
    )
  }

  private replace(page: number, columns: readonly string[], started: readonly string[]): void {
    this.rows = []
    this.extremes = new Map()
    this.askedPages.clear()
    this.askedPages.add(page)
    this.shown = columns
    for (const h of started) this.started.delete(h)
  }

  private take(page: number, fresh: boolean, r: RunsResult): void {
    const { rows, extremes } = this
    const { q } = this.query
    const columns = this.shown ?? []
    rows.length = r.matched
    for (let i = 0; i < r.rows.length; i++) rows[page * PAGE + i] = r.rows[i]
    addRows(extremes, r.rows, columns)
    this.publish((s) => ({
      q,
      rows,
      digits: columnDigits(extremes, s.digits),
      columns: fresh && !same(columns, s.columns) ? columns : s.columns,
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
    if (fresh) this.ensure(this.span)
    if (this.started.size > 0) this.countFresh.call()
  }

  /** Counts the runs that started since and match. */
  private askFresh(): Promise<void> | undefined {
    const { query, started } = this
    for (const row of this.rows) if (row) started.delete(row.hash)
    const count = (fresh: number) => {
      if (this.query === query) this.publish((s) => (s.fresh === fresh ? s : { ...s, fresh }))
    }
    if (started.size === 0 || query.q === '') {
      count(started.size)
      return undefined
    }
    const q = `(${query.q}) and ${isOneOf([...started].slice(-MOST_COUNTED))}`
    return api.runs({ q, sort: [], offset: 0, limit: 0, columns: [] }).then(
      (r) => count(r.matched),
      () => undefined,
    )
  }

  /** Reads changed rows by hash, so that no row moves away from the reader. */
  private askChanged(): Promise<void> | undefined {
    const { query, shown } = this
    const hashes = [...this.changed].slice(0, MOST_REFRESHED)
    this.changed.clear()
    if (hashes.length === 0 || !query.enabled || shown === null) return undefined
    return api.runs({ q: isOneOf(hashes), sort: [], offset: 0, limit: MOST_REFRESHED, columns: shown }).then(
      (r) => {
        if (this.query !== query) return
        const by = new Map(r.rows.map((row) => [row.hash, row]))
        this.patch(new Set(by.keys()), (old) => by.get(old.hash) ?? old)
      },
      () => undefined,
    )
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((c, i) => c === b[i])
}

function isOneOf(hashes: readonly string[]): string {
  return `run.hash in [${hashes.map((h) => JSON.stringify(h)).join(', ')}]`
}
