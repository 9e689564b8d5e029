// Points of the sequences of one chart: fetched while it is in sight, refined after a zoom, brought up to date live.

import { useEffect, useRef, useState } from 'react'
import { api, ApiError } from '../../base/api/client'
import type { Attempts, Smoothing } from '../../base/api/types'
import { forget, whenFollowing } from '../../base/live/whenVisible'
import { useLiveChange } from '../../base/queries'
import type { Series } from '../../base/series'
import { appendTails, tailBegin } from './tail'

export interface FramesQuery {
  readonly ids: readonly string[]
  readonly x: string
  readonly attempts: Attempts
  readonly xLog: boolean
  readonly buckets: number
  readonly range: readonly [number, number] | null
  readonly smoothing: Smoothing | null
  readonly visible: boolean
  readonly runOf: (id: string) => string
}

export interface Frames {
  readonly series: ReadonlyMap<string, Series>
  /** Grows with each change of `series`. */
  readonly version: number
  /** What is shown is older or coarser than what was asked for. */
  readonly refining: boolean
  readonly loading: boolean
  readonly error: unknown
  readonly retry: () => void
}

const SETTLE_MS = 150
/** Redraws while frames of one answer come in, in ms. */
const REDRAW_MS = 200
/** At most two rounds of live points a second. */
const LIVE_MS = 500
const AT_ONCE = 3
let running = 0
const queue: (() => void)[] = []

/** A few answers at once; more would only share the same server and draw nothing sooner. */
async function limited<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((go) => queue.push(go))
  running++
  try {
    return await work()
  } finally {
    running--
    queue.shift()?.()
  }
}

/** A number that stands for a list of ids: texts of ten thousand would be compared at every change of a chart. */
function useIdsKey(ids: readonly string[]): number {
  const known = useRef({ ids, key: 0 })
  const old = known.current
  if (old.ids !== ids)
    known.current = {
      ids,
      key: old.ids.length === ids.length && ids.every((id, i) => id === old.ids[i]) ? old.key : old.key + 1,
    }
  return known.current.key
}

export function useFrames(q: FramesQuery): Frames {
  const [state, setState] = useState<{ version: number; loading: boolean; refining: boolean; error: unknown }>({
    version: 0,
    loading: true,
    refining: false,
    error: null,
  })
  const store = useRef<Map<string, Series>>(new Map())
  /** The whole range at one axis, kept for the way back while every series in it is exact. */
  const whole = useRef<{ key: string; series: Map<string, Series> } | null>(null)
  const shownKey = useRef('')
  const [attempt, setAttempt] = useState(0)
  const idsKey = useIdsKey(q.ids)
  const latest = useRef(q)
  latest.current = q

  // A chart that is exact over its whole range needs no other points when zoomed, and smooths by itself.
  const wholeKey = `${idsKey}|${q.attempts}|${q.x}`
  const wholeExact = whole.current?.key === wholeKey
  const range = wholeExact ? null : q.range
  const smoothing = wholeExact ? null : q.smoothing
  const key = JSON.stringify([idsKey, q.x, q.attempts, q.buckets, range, smoothing, attempt, q.xLog])

  useEffect(() => {
    if (!q.visible || q.ids.length === 0) return
    if (wholeExact) {
      if (store.current !== whole.current!.series) {
        store.current = whole.current!.series
        setState((s) => ({ version: s.version + 1, loading: false, refining: false, error: null }))
      }
      return
    }
    if (shownKey.current === key) return
    const control = new AbortController()
    const first = shownKey.current === '' || store.current.size === 0
    const sameAxis = shownKey.current !== '' && (JSON.parse(shownKey.current) as unknown[])[1] === q.x
    setState((s) => ({ ...s, loading: first, refining: !first }))
    const timer = setTimeout(
      () => {
        const next = new Map<string, Series>()
        let drawn = 0
        const publish = () => {
          drawn = performance.now()
          setState((s) => ({ version: s.version + 1, loading: first, refining: !first, error: null }))
        }
        limited(() =>
          api.frames(
            { sequences: q.ids, x: q.x, xLog: q.xLog, attempts: q.attempts, buckets: q.buckets, range, smoothing },
            (list) => {
              for (const s of list) next.set(s.id, s)
              // The first answer of a chart fills in as it comes; later ones replace the old picture once.
              if (first || !sameAxis) {
                store.current = next
                if (performance.now() - drawn > REDRAW_MS) publish()
              }
            },
            control.signal,
          ),
        ).then(
          () => {
            shownKey.current = key
            const exact = range === null && [...next.values()].every((s) => s.exact)
            // Everything there is: from here on the chart smooths by itself, with any weight.
            if (exact) for (const [id, s] of next) if (s.smooth) next.set(id, { ...s, smooth: null })
            store.current = next
            if (exact) whole.current = { key: wholeKey, series: next }
            else if (range === null) whole.current = null
            setState((s) => ({ version: s.version + 1, loading: false, refining: false, error: null }))
          },
          (error: unknown) => {
            if (control.signal.aborted) return
            setState((s) => ({
              ...s,
              loading: false,
              refining: false,
              error: error instanceof ApiError && error.code === 'unreachable' && store.current.size > 0 ? null : error,
            }))
          },
        )
      },
      first ? 0 : SETTLE_MS,
    )
    return () => {
      clearTimeout(timer)
      control.abort()
    }
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `key` holds everything that is asked for
  }, [key, q.visible, wholeExact])

  // Live: only the sequences of the runs that changed, in the range that is shown.
  const changed = useRef(new Set<string>())
  const live = useRef<{ timer: number; busy: boolean }>({ timer: 0, busy: false })
  const round = useRef(() => {})
  const postponable = useRef(() => round.current())
  const plan = () => {
    live.current.timer = window.setTimeout(() => whenFollowing(postponable.current), LIVE_MS)
  }
  useEffect(
    () => () => {
      clearTimeout(live.current.timer)
      forget(postponable.current)
    },
    [],
  )
  round.current = () => {
    live.current.timer = 0
    const now = latest.current
    if (live.current.busy || !now.visible || changed.current.size === 0) return
    const ids = now.ids.filter((id) => changed.current.has('*') || changed.current.has(now.runOf(id)))
    changed.current.clear()
    if (ids.length === 0) return
    live.current.busy = true
    const target = store.current
    const wasExact = whole.current?.series === target
    const got: Series[] = []
    const fetch = (sequences: readonly string[], since?: readonly number[]) => {
      const into: Series[] = []
      const range = wasExact || since ? null : now.range
      const smoothing = wasExact ? null : now.smoothing
      return limited(() =>
        api.frames(
          {
            sequences,
            x: now.x,
            xLog: now.xLog,
            attempts: now.attempts,
            buckets: now.buckets,
            range,
            smoothing,
            ...(since ? { since } : {}),
          },
          (list) => into.push(...list),
        ),
      ).then(() => into)
    }
    // Of what is here in full, only what came since. On the axis of a metric, new points may lie anywhere.
    const canAppend = !now.x.startsWith('metric:') && (wasExact || (now.range === null && now.smoothing === null))
    const begins = new Map<string, number>()
    if (canAppend)
      for (const id of ids) {
        const begin = tailBegin(target.get(id))
        if (begin !== null) begins.set(id, begin)
      }
    const append = async () => {
      if (begins.size > 0)
        got.push(...appendTails(target, await fetch([...begins.keys()], [...begins.values()]), now.buckets))
      const have = new Set(got.map((s) => s.id))
      const rest = ids.filter((id) => !have.has(id))
      if (rest.length > 0) got.push(...(await fetch(rest)))
    }
    append()
      .then(
        () => {
          if (
            store.current !== target ||
            latest.current.x !== now.x ||
            latest.current.xLog !== now.xLog ||
            latest.current.attempts !== now.attempts
          )
            return
          for (const s of got) target.set(s.id, s)
          if (wasExact && !got.every((s) => s.exact)) whole.current = null
          setState((s) => ({ ...s, version: s.version + 1 }))
        },
        () => undefined,
      )
      .finally(() => {
        live.current.busy = false
        if (changed.current.size > 0 && !live.current.timer) plan()
      })
  }
  useLiveChange((c) => {
    for (const r of c.runs) changed.current.add(r)
    if (!live.current.timer && latest.current.visible) plan()
  })

  // What changed while the chart was out of sight.
  useEffect(() => {
    if (q.visible && changed.current.size > 0 && !live.current.timer) plan()
  }, [q.visible])

  return {
    series: store.current,
    version: state.version,
    refining: state.refining,
    loading: state.loading,
    error: state.error,
    retry: () => setAttempt((n) => n + 1),
  }
}
