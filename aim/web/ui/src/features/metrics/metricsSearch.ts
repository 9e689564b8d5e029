// What the metrics page asks for, and how it is kept up to date.

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { api, ApiError } from '../../base/api/client'
import type { MetricRun, MetricSequence } from '../../base/api/types'
import { touches, useLiveChange, useMetrics, useThrottled } from '../../base/queries'
import { noteAnswered, useShownQuery, useStopped } from '../../base/search'
import { amongRuns, errorOfText } from '../../parts/query/among'

const FIRST_RUNS = 10
const LIMIT = 5000
export const LIMIT_MORE = 20_000
/** From this many sequences on, an answer takes long enough to be asked for less often. */
const MANY_SEQUENCES = 2000
const AGAIN_MS = 5000
const AGAIN_MANY_MS = 30_000
const NO_SEQUENCES: readonly MetricSequence[] = []
const NO_RUNS: Readonly<Record<string, MetricRun>> = {}

/** Of a first visit: every metric of the newest runs of the newest experiment. */
function useFirstQuery(enabled: boolean) {
  return useQuery({
    queryKey: ['first'],
    enabled,
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const sort = [{ by: 'created_at', desc: true }]
      const newest = (await api.runs({ q: '', sort, offset: 0, limit: 1, columns: [] }, signal)).rows[0]
      if (!newest) return null
      const rows = (
        await api.runs(
          {
            q: `run.experiment == ${JSON.stringify(newest.experiment)}`,
            sort,
            offset: 0,
            limit: FIRST_RUNS,
            columns: [],
          },
          signal,
        )
      ).rows
      return {
        experiment: newest.experiment,
        runs: rows.length,
        q: `run.hash in [${rows.map((r) => JSON.stringify(r.hash)).join(', ')}]`,
      }
    },
    placeholderData: keepPreviousData,
  })
}

const isQueryError = (error: unknown) => error instanceof ApiError && error.isQuery

/** By query that was asked: what of it the reader wrote. */
const written = new Map<string, string>()

/**
 * @param text The query of the address; empty without runs: what a first visit shows.
 * @param among Runs that it searches among; empty: all.
 * @param exprs Expressions that are computed in its runs.
 */
export function useMetricsSearch(text: string, among: readonly string[], exprs: readonly string[]) {
  const wanted = useMemo(() => {
    const q = amongRuns(text, among)
    written.set(q, text)
    return q
  }, [text, among])
  const { shown, error } = useShownQuery('metrics', wanted)
  const queryError = useMemo(() => errorOfText(error, text, among), [error, text, among])
  const first = useFirstQuery(shown === '')
  const q = shown || first.data?.q || ''
  const stopped = useStopped('metrics', q)
  const [limit, setLimit] = useState(LIMIT)
  const asked = useMetrics(q, limit, q !== '' && stopped === null, exprs)
  // An answer of thousands of sequences makes a page that is put together in slices, while this one stays.
  const data = useDeferredValue(asked.data)
  const answered = asked.answered && data === asked.data
  const sequences = data?.sequences ?? NO_SEQUENCES
  const runs = data?.runs ?? NO_RUNS
  useEffect(() => {
    if (answered) noteAnswered('metrics', shown)
  }, [answered, shown])

  const shownText = written.get(shown) ?? shown
  const answeredText = useRef('')
  if (answered) answeredText.current = shownText
  const isOld = data !== undefined && !answered && asked.error !== null && !isQueryError(asked.error)

  const refetch = () => void asked.refetch()
  const refetchFirst = () => void first.refetch()
  const [started, setStarted] = useState<readonly string[]>([])
  const again = useThrottled(() => asked.refetch(), sequences.length > MANY_SEQUENCES ? AGAIN_MANY_MS : AGAIN_MS)
  // Points of known sequences come through the charts; here only what is new or ended.
  useLiveChange((c) => {
    if (c.new_runs.length > 0) setStarted((s) => [...s.filter((h) => !(h in runs)), ...c.new_runs])
    if (stopped) return
    if (data && touches(c, (h) => h in runs)) again()
    if (c.runs.includes('*') && shown === '') refetchFirst()
    if (data === undefined && (c.new_runs.length > 0 || c.runs.includes('*'))) {
      refetchFirst()
      again()
    }
  })
  return {
    q,
    /** The text of the query whose result is shown. */
    shown: shownText,
    queryError,
    /** The runs that a first visit shows; null: there are none. */
    first: shown === '' ? first.data : undefined,
    stopped,
    data,
    /** The data is the answer to what is asked now. */
    answered,
    error: asked.error ?? first.error,
    /** Why there is no answer to what is asked, and the query whose result is shown instead; null: there is, or will be. */
    failed: isOld ? { error: asked.error, shown: answeredText.current } : null,
    sequences,
    runs,
    /** Whether more can be asked for than is shown. */
    canShowMore: limit < LIMIT_MORE,
    showMore: () => setLimit(LIMIT_MORE),
    refetch,
    refetchAll: () => {
      refetchFirst()
      refetch()
    },
    /** Runs that started since the answer; what came with a later answer is new no more. */
    fresh: useMemo(() => started.filter((h) => !(h in runs)).length, [started, runs]),
    showFresh: () => {
      setStarted([])
      if (shown === '') refetchFirst()
      refetch()
    },
  }
}

export type MetricsSearch = ReturnType<typeof useMetricsSearch>
