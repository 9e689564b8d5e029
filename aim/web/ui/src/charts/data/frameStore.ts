// The points of the sequences of one chart, how they are fetched and how they are kept up to date. No React.

import { api, ApiError } from '../../base/api/client'
import type { Attempts, Smoothing } from '../../base/api/types'
import { forget, whenVisible } from '../../base/live/whenVisible'
import type { Series } from '../../base/series'
import { limited } from './frameRequests'
import { commonDistance, settledDistance } from './smooth'
import { appendTails, tailBegin } from './tail'

export interface FramesQuery {
  readonly ids: readonly string[]
  readonly x: string
  readonly attempts: Attempts
  readonly xLog: boolean
  readonly yLog: boolean
  readonly buckets: number
  readonly range: readonly [number, number] | null
  readonly smoothing: Smoothing | null
  readonly visible: boolean
  readonly runOf: (id: string) => string
}

export interface FramesState {
  /** Grows with each change of the points. */
  readonly version: number
  readonly loading: boolean
  /** What is shown is older or coarser than what was asked for. */
  readonly refining: boolean
  readonly error: unknown
}

/** Changes the state of a chart; without `patch` only the points are others. */
export type Publish = (patch?: Partial<Omit<FramesState, 'version'>>) => void

/** Redraws while frames of one answer come in, in ms. */
const REDRAW_MS = 200
/** At most two rounds of live points a second. */
const LIVE_MS = 500

export class FrameStore {
  series = new Map<string, Series>()
  /** The whole range at one axis, kept for the way back while every series in it is exact. */
  whole: { readonly key: string; readonly series: Map<string, Series> } | null = null
  /** What the points are the answer to; empty: to nothing. */
  shownKey = ''
  /** The x axis that the points are placed on; empty: there are none. */
  axis = ''
  /** Over which the curves are smoothed, and of which sequences and axis that is. */
  private smoothing = { key: '', distance: 0 }

  /** The distance as far as it is known; it stays while the chart is zoomed and while points come. */
  distanceOf(key: string): number {
    const known = this.smoothing.key === key ? this.smoothing.distance : 0
    if (this.whole?.key !== key) return known
    return this.setDistance(key, settledDistance(known, commonDistance(this.whole.series.values())))
  }

  get distance(): number {
    return this.smoothing.distance
  }

  setDistance(key: string, distance: number): number {
    this.smoothing = { key, distance }
    return distance
  }

  get isEmpty(): boolean {
    return this.shownKey === '' || this.series.size === 0
  }
}

interface Load {
  readonly query: Pick<FramesQuery, 'ids' | 'x' | 'xLog' | 'yLog' | 'attempts' | 'buckets' | 'range' | 'smoothing'>
  /** What is asked for, and of that what the whole range depends on. */
  readonly key: string
  readonly wholeKey: string
  /** Frames are shown as they come; else the old picture is replaced once. */
  readonly asTheyCome: boolean
  readonly signal: AbortSignal
}

/** Fetches the points of a chart. */
export async function load(store: FrameStore, { query, key, wholeKey, asTheyCome, signal }: Load, publish: Publish) {
  const isFirst = store.isEmpty
  const next = new Map<string, Series>()
  let drawnAt = 0
  let distance = store.distanceOf(wholeKey)
  const onFrame = (list: readonly Series[], smoothedOver: number) => {
    distance ||= smoothedOver
    for (const s of list) next.set(s.id, s)
    if (!asTheyCome) return
    store.series = next
    store.axis = query.x
    if (performance.now() - drawnAt <= REDRAW_MS) return
    drawnAt = performance.now()
    publish({ loading: isFirst, refining: !isFirst, error: null })
  }
  const { ids: sequences, ...rest } = query
  try {
    await limited(() => api.frames({ sequences, ...rest, distance }, onFrame, signal))
  } catch (error) {
    if (signal.aborted) return
    const isKept = error instanceof ApiError && error.code === 'unreachable' && store.series.size > 0
    publish({ loading: false, refining: false, error: isKept ? null : error })
    return
  }
  const isExact = query.range === null && [...next.values()].every((s) => s.exact)
  // Everything there is: from here on the chart smooths by itself, with any weight.
  if (isExact) for (const [id, s] of next) if (s.smooth) next.set(id, { ...s, smooth: null })
  store.shownKey = key
  store.series = next
  store.axis = query.x
  if (isExact) store.whole = { key: wholeKey, series: next }
  else {
    if (query.range === null) store.whole = null
    if (query.smoothing !== null) store.setDistance(wholeKey, distance)
  }
  publish({ loading: false, refining: false, error: null })
}

/** Live: only the sequences of the runs that changed, in the range that is shown. */
export class LiveRounds {
  private readonly changed = new Set<string>()
  private timer = 0
  private isBusy = false

  constructor(
    private readonly store: FrameStore,
    private readonly query: () => FramesQuery,
    private readonly publish: Publish,
  ) {}

  /** These runs changed; `*`: any may have. */
  add(runs: readonly string[]): void {
    for (const r of runs) this.changed.add(r)
    this.plan()
  }

  /** Asks for what changed, unless that is planned already or the chart is out of sight. */
  plan(): void {
    if (this.timer || this.changed.size === 0 || !this.query().visible) return
    this.timer = window.setTimeout(() => whenVisible(this.round), LIVE_MS)
  }

  stop(): void {
    clearTimeout(this.timer)
    forget(this.round)
  }

  private readonly round = (): void => {
    this.timer = 0
    const now = this.query()
    if (this.isBusy || !now.visible || this.changed.size === 0) return
    const ids = now.ids.filter((id) => this.changed.has('*') || this.changed.has(now.runOf(id)))
    this.changed.clear()
    if (ids.length === 0) return
    this.isBusy = true
    // A round that fails is made up for by the next change.
    void this.update(now, ids)
      .catch(() => undefined)
      .finally(() => {
        this.isBusy = false
        this.plan()
      })
  }

  private async update(now: FramesQuery, ids: readonly string[]): Promise<void> {
    const { store } = this
    const target = store.series
    const wasExact = store.whole?.series === target
    const got = await this.newest(now, ids, target, wasExact)
    const { x, xLog, attempts } = this.query()
    if (store.series !== target || x !== now.x || xLog !== now.xLog || attempts !== now.attempts) return
    for (const s of got) target.set(s.id, s)
    if (wasExact && !got.every((s) => s.exact)) store.whole = null
    this.publish()
  }

  /** The series as they are now: what came since for those that are here in full, all points of the others. */
  private async newest(
    now: FramesQuery,
    ids: readonly string[],
    target: ReadonlyMap<string, Series>,
    wasExact: boolean,
  ): Promise<Series[]> {
    // On the axis of a metric, new points may be anywhere.
    const canAppend = !now.x.startsWith('metric:') && (wasExact || (now.range === null && now.smoothing === null))
    const begins = new Map<string, number>()
    if (canAppend)
      for (const id of ids) {
        const begin = tailBegin(target.get(id))
        if (begin !== null) begins.set(id, begin)
      }
    const got: Series[] = []
    if (begins.size > 0) {
      const since = await this.fetch(now, [...begins.keys()], wasExact, [...begins.values()])
      got.push(...appendTails(target, since, now.buckets))
    }
    const have = new Set(got.map((s) => s.id))
    const rest = ids.filter((id) => !have.has(id))
    if (rest.length > 0) got.push(...(await this.fetch(now, rest, wasExact)))
    return got
  }

  private async fetch(
    query: FramesQuery,
    sequences: readonly string[],
    wasExact: boolean,
    since?: readonly number[],
  ): Promise<Series[]> {
    const { x, xLog, yLog, attempts, buckets, range, smoothing } = query
    const into: Series[] = []
    const request = {
      sequences,
      x,
      xLog,
      yLog,
      attempts,
      buckets,
      range: wasExact || since ? null : range,
      smoothing: wasExact ? null : smoothing,
      distance: this.store.distance,
      ...(since ? { since } : {}),
    }
    await limited(() => api.frames(request, (list) => into.push(...list)))
    return into
  }
}
