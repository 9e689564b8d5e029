// Server state of the pages, and what a live change makes of it.

import { QueryClient, keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { ApiError, api } from './api/client'
import type { LiveChange } from './api/types'
import { Throttle } from './live/whenVisible'
import { onLive } from './live/live'
import { searching } from './search'

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      retry: (n, e) => n < 2 && e instanceof ApiError && e.code === 'unreachable',
      retryDelay: 1000,
    },
  },
})

export function useLiveChange(f: (change: LiveChange) => void): void {
  const ref = useRef(f)
  ref.current = f
  useEffect(() => onLive((c) => ref.current(c)), [])
}

export function useInfo() {
  return useQuery({
    queryKey: ['info'],
    queryFn: ({ signal }) => api.info(signal),
    refetchInterval: (q) => (q.state.data?.catching_up ? 1000 : false),
  })
}

/** `since`: Unix seconds from which what happened is counted. */
export function useHome(since: number | null = null) {
  return useQuery({
    queryKey: ['home', since],
    queryFn: ({ signal }) => api.home(since, signal),
    placeholderData: keepPreviousData,
  })
}

/** The last good answer stays while the next one comes, and also where that is an error. */
function useLastGood<T>({ data, error, isError, refetch, isPlaceholderData }: UseQueryResult<T>) {
  const last = useRef(data)
  if (data !== undefined) last.current = data
  // `answered`: the data is the answer to what is asked now, not to what was asked before.
  return { data: data ?? last.current, error, isError, refetch, answered: data !== undefined && !isPlaceholderData }
}

export function useRun(hash: string) {
  return useQuery({
    queryKey: ['run', hash],
    queryFn: ({ signal }) => api.run(hash, signal),
    retry: (n, e) => n < 2 && e instanceof ApiError && e.code === 'unreachable',
  })
}

const NO_EXPRESSIONS: readonly string[] = []

export function useMetrics(q: string, limit: number, enabled = true, exprs: readonly string[] = NO_EXPRESSIONS) {
  const key = ['metrics', q, limit, ...exprs]
  return useLastGood(
    useQuery({
      queryKey: key,
      queryFn: ({ signal }) =>
        searching(
          'metrics',
          q,
          signal,
          (s, onProgress) => api.metrics(q, limit, s, onProgress, exprs),
          client.getQueryData(key) !== undefined,
        ),
      placeholderData: keepPreviousData,
      enabled,
      retry: false,
      staleTime: Infinity,
    }),
  )
}

/** True when a change is of interest to a page that shows `runs`. */
export function touches(change: LiveChange, runs: (hash: string) => boolean): boolean {
  return change.runs.includes('*') || change.runs.some(runs) || change.removed.some(runs)
}

/** See {@link Throttle}. */
export function useThrottled(f: () => unknown, ms: number): () => void {
  const throttle = useRef<Throttle>(null)
  throttle.current ??= new Throttle(f, ms)
  throttle.current.f = f
  throttle.current.ms = ms
  useEffect(() => () => throttle.current?.end(), [])
  return throttle.current.call
}

/** `value` as it was at most `ms` ago: what follows from it is done that often. */
export function useThrottledValue<T>(value: T, ms: number): T {
  const [shown, setShown] = useState(value)
  const latest = useRef(value)
  latest.current = value
  const update = useThrottled(() => setShown(latest.current), ms)
  useEffect(() => {
    if (value !== shown) update()
  }, [value, shown, update])
  return shown
}
