// Points of the sequences of one chart: fetched while it is in sight, refined after a zoom, brought up to date live.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useLiveChange } from '../../base/queries'
import type { Series } from '../../base/series'
import { FrameStore, LiveRounds, load, type FramesQuery, type FramesState, type Publish } from './frameStore'

export interface Frames extends FramesState {
  readonly series: ReadonlyMap<string, Series>
  /** The x axis that the points are placed on: that of before until those of another have come. Empty: no points yet. */
  readonly axis: string
  /** Over which the curves are smoothed, in the unit of x; 0: that is not known yet. */
  readonly distance: number
  /** All points are here, and the chart smooths by itself; else the server did. */
  readonly isWhole: boolean
  readonly retry: () => void
}

const SETTLE_MS = 150

/** A number for a list of ids: comparing texts of ten thousand at every change of a chart would take too long. */
function useIdsKey(ids: readonly string[]): number {
  const known = useRef({ ids, key: 0 })
  const old = known.current
  if (old.ids !== ids) {
    const isSame = old.ids.length === ids.length && ids.every((id, i) => id === old.ids[i])
    known.current = { ids, key: isSame ? old.key : old.key + 1 }
  }
  return known.current.key
}

export function useFrames(q: FramesQuery): Frames {
  const [store] = useState(() => new FrameStore())
  const [state, setState] = useState<FramesState>({ version: 0, loading: true, refining: false, error: null })
  const publish = useCallback<Publish>((patch) => setState((s) => ({ ...s, ...patch, version: s.version + 1 })), [])
  const [attempt, setAttempt] = useState(0)
  const idsKey = useIdsKey(q.ids)

  // A chart that is exact over its whole range needs no other points when zoomed, and smooths by itself.
  const wholeKey = `${idsKey}|${q.attempts}|${q.x}`
  const isWhole = store.whole?.key === wholeKey
  const range = isWhole ? null : q.range
  const smoothing = isWhole ? null : q.smoothing
  const yLog = !isWhole && q.yLog
  const key = JSON.stringify([idsKey, q.x, q.attempts, q.buckets, range, smoothing, attempt, q.xLog, yLog])
  useEffect(() => {
    if (!q.visible || q.ids.length === 0) return
    if (isWhole) {
      if (store.series === store.whole!.series) return
      store.series = store.whole!.series
      store.axis = q.x
      publish({ loading: false, refining: false, error: null })
      return
    }
    if (store.shownKey === key) return
    const control = new AbortController()
    const isFirst = store.isEmpty
    const isSameAxis = store.shownKey !== '' && (JSON.parse(store.shownKey) as unknown[])[1] === q.x
    setState((s) => ({ ...s, loading: isFirst, refining: !isFirst }))
    const asked = {
      query: { ...q, range, smoothing, yLog },
      key,
      wholeKey,
      asTheyCome: isFirst || !isSameAxis,
      signal: control.signal,
    }
    const timer = setTimeout(() => void load(store, asked, publish), isFirst ? 0 : SETTLE_MS)
    return () => {
      clearTimeout(timer)
      control.abort()
    }
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `key` holds everything that is asked for
  }, [key, q.visible, isWhole])

  useLiveRounds(store, q, publish)
  const { version } = state
  const isSmooth = q.smoothing !== null
  const distance = useMemo(
    () => (isSmooth ? store.distanceOf(wholeKey) : 0),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `version` changes with the points
    [store, wholeKey, isSmooth, version],
  )
  return { ...state, distance, isWhole, series: store.series, axis: store.axis, retry: () => setAttempt((n) => n + 1) }
}

function useLiveRounds(store: FrameStore, q: FramesQuery, publish: Publish): void {
  const latest = useRef(q)
  latest.current = q
  const [rounds] = useState(() => new LiveRounds(store, () => latest.current, publish))
  useEffect(() => () => rounds.stop(), [rounds])
  useLiveChange((c) => rounds.add(c.runs))
  // What changed while the chart was out of sight.
  useEffect(() => rounds.plan(), [rounds, q.visible])
}
