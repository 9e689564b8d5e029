// What a page shows about its search: in progress, stopped, or not parsed.

import { useEffect, useState, type ReactNode } from 'react'
import type { ApiError } from '../../base/api/client'
import { Button, Empty } from '../../widgets/basics'
import { formatCount } from '../../base/format'
import { useKeys } from '../../base/keys'
import { searchAgain, stopSearch, useSearches, type Running, type SearchKind, type Stopped } from '../../base/search'
import css from '../../widgets/shell.module.css'

/** A search that takes less shows nothing. */
const NOTHING_MS = 100
/** A search that takes longer shows its progress, and can be stopped. */
const PROGRESS_MS = 1000

const NO_QUERY_SHOWS: Record<SearchKind, string> = { runs: 'Showing all runs.', metrics: 'Showing the newest runs.' }

const THINGS: Record<SearchKind, string> = { runs: 'runs', metrics: 'sequences' }

function useAfter(ms: number, since: number): boolean {
  const [now, setNow] = useState(Date.now)
  const left = since + ms - now
  useEffect(() => {
    if (left <= 0) return undefined
    const timer = setTimeout(() => setNow(Date.now()), left + 1)
    return () => clearTimeout(timer)
  }, [left])
  return left <= 0
}

/** The place of a result that has not arrived: empty for a moment, then its shape. */
export function Waiting({ children }: { children: ReactNode }) {
  const [since] = useState(Date.now)
  const late = useAfter(NOTHING_MS, since)
  return late ? children : <div className={css.waiting} aria-busy="true" />
}

/** Progress of a page's search from its first second on, with a button that stops it. */
export function SearchProgress({ kind }: { kind: SearchKind }) {
  const running = useSearches((s) => s.running.findLast((r) => r.kind === kind))
  return running ? <Progress key={running.id} running={running} /> : null
}

function Progress({ running }: { running: Running }) {
  const noticed = useAfter(NOTHING_MS, running.startedAt)
  const long = useAfter(PROGRESS_MS, running.startedAt)
  return (
    <>
      <span hidden aria-busy="true" />
      {noticed && <StopKey kind={running.kind} />}
      {long && (
        <div className={css.searching} role="status">
          <progress {...(running.total > 0 ? { value: running.done, max: running.total } : {})} aria-label="Search" />
          <span className="num">
            {running.total > 0
              ? `searched ${formatCount(running.done)} of ${formatCount(running.total)} ${THINGS[running.kind]}`
              : 'searching'}
          </span>
          <Button small onClick={() => stopSearch(running.kind)}>
            Stop <kbd>Esc</kbd>
          </Button>
        </div>
      )}
    </>
  )
}

function StopKey({ kind }: { kind: SearchKind }) {
  useKeys([{ key: 'Escape', does: 'Stop the search', run: () => void stopSearch(kind) }])
  return null
}

/** Notes between the query and the result. */
export function SearchNotes({
  kind,
  error,
  shown,
  stopped,
  hasResult,
  onAgain,
}: {
  kind: SearchKind
  error: ApiError | null
  shown: string
  stopped: Stopped | null
  hasResult: boolean
  onAgain: () => void
}) {
  return (
    <>
      <SearchProgress kind={kind} />
      {error && (
        <div className={css.note} role="note">
          <b>This query could not be parsed and was not run.</b>
          {shown === '' ? (
            <span>{NO_QUERY_SHOWS[kind]}</span>
          ) : (
            <span>
              Showing the last result, of <code>{shown}</code>
            </span>
          )}
        </div>
      )}
      {stopped && hasResult && (
        <div className={css.note} role="status">
          <b>Search stopped{ofTotal(kind, stopped)}.</b> <span>Showing the result before it.</span>
          <Button
            small
            onClick={() => {
              searchAgain(kind, stopped.q)
              onAgain()
            }}
          >
            Search again
          </Button>
        </div>
      )}
    </>
  )
}

function ofTotal(kind: SearchKind, s: Stopped): string {
  return s.total > 0 ? ` after ${formatCount(s.done)} of ${formatCount(s.total)} ${THINGS[kind]}` : ''
}

export function StoppedPage({ kind, stopped, onAgain }: { kind: SearchKind; stopped: Stopped; onAgain: () => void }) {
  return (
    <Empty title={`Search stopped${ofTotal(kind, stopped)}`}>
      <p>A narrower query is faster.</p>
      <Button
        onClick={() => {
          searchAgain(kind, stopped.q)
          onAgain()
        }}
      >
        Search again
      </Button>
    </Empty>
  )
}
