// Searches under way on a page: how far they are, stopping them, and queries that turned out to be unreadable.

import { create } from 'zustand'
import { ApiError } from './api/client'

export type SearchKind = 'runs' | 'metrics'

export interface Progress {
  readonly done: number
  /** 0 while the server does not know yet. */
  readonly total: number
}

export interface Running extends Progress {
  readonly id: number
  readonly kind: SearchKind
  readonly q: string
  readonly startedAt: number
  readonly stop: () => void
}

export interface Stopped extends Progress {
  readonly q: string
}

interface Searches {
  /** What the reader waits for; not what is looked up again behind a result that stays. */
  readonly running: readonly Running[]
  readonly stopped: Readonly<Partial<Record<SearchKind, Stopped>>>
  /** By query: it is not asked again until the reader says so. */
  readonly broken: ReadonlyMap<string, ApiError>
  /** The last query of a page that was answered: its result stays under one that cannot be. */
  readonly answered: Readonly<Partial<Record<SearchKind, string>>>
}

const BROKEN_KEPT = 100

export const useSearches = create<Searches>(() => ({ running: [], stopped: {}, broken: new Map(), answered: {} }))

let lastId = 0

/**
 * Asks, and notes how far it is. Stopped by the reader it ends with the code `stopped`.
 *
 * @param behind Asked again in the background, while a result is shown.
 */
export async function searching<T>(
  kind: SearchKind,
  q: string,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal, onProgress: (p: Progress) => void) => Promise<T>,
  behind = false,
): Promise<T> {
  const control = new AbortController()
  const id = ++lastId
  let isStopped = false
  const leave = () => control.abort(signal?.reason)
  if (signal?.aborted) leave()
  else signal?.addEventListener('abort', leave)
  const change = (f: (r: Running) => Running | null) =>
    useSearches.setState((s) => ({ running: s.running.flatMap((r) => (r.id === id ? (f(r) ?? []) : r)) }))
  if (!behind) {
    const stop = () => {
      isStopped = true
      control.abort()
    }
    useSearches.setState((s) => ({
      running: [...s.running, { id, kind, q, startedAt: Date.now(), done: 0, total: 0, stop }],
    }))
  }
  try {
    return await ask(control.signal, (p) => change((r) => ({ ...r, done: p.done, total: p.total })))
  } catch (e) {
    if (isStopped) throw new ApiError('stopped', 'The search was stopped', 0)
    if (e instanceof ApiError && e.isQuery) markBroken(q, e)
    throw e
  } finally {
    signal?.removeEventListener('abort', leave)
    change(() => null)
  }
}

function markBroken(q: string, error: ApiError): void {
  useSearches.setState((s) => ({ broken: new Map([...s.broken].slice(-BROKEN_KEPT).concat([[q, error]])) }))
}

/** Stops what the reader waits for on a page; false where there is nothing. */
export function stopSearch(kind: SearchKind): boolean {
  const mine = useSearches.getState().running.filter((r) => r.kind === kind)
  const last = mine.at(-1)
  if (!last) return false
  useSearches.setState((s) => ({
    stopped: { ...s.stopped, [kind]: { q: last.q, done: last.done, total: last.total } },
  }))
  for (const r of mine) r.stop()
  return true
}

/** The reader asks: what was stopped or could not be read before may be tried again. */
export function searchAgain(kind: SearchKind, q: string): void {
  useSearches.setState((s) => {
    const broken = new Map(s.broken)
    broken.delete(q)
    return { broken, stopped: { ...s.stopped, [kind]: undefined } }
  })
}

export function noteAnswered(kind: SearchKind, q: string): void {
  if (useSearches.getState().answered[kind] !== q)
    useSearches.setState((s) => ({ answered: { ...s.answered, [kind]: q } }))
}

/** The query whose result is shown: the one in the address or, where that cannot be read, the last good one, else none. */
export function useShownQuery(
  kind: SearchKind,
  q: string,
): { readonly shown: string; readonly error: ApiError | null } {
  const error = useSearches((s) => s.broken.get(q) ?? null)
  const last = useSearches((s) => s.answered[kind] ?? '')
  const lastBroken = useSearches((s) => s.broken.has(last))
  return { shown: error === null ? q : lastBroken ? '' : last, error }
}

/** Was this query stopped by the reader? */
export function useStopped(kind: SearchKind, q: string): Stopped | null {
  const stopped = useSearches((s) => s.stopped[kind])
  return stopped?.q === q ? stopped : null
}
