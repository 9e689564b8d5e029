// What the x axis of a chart spans while nothing is zoomed. Pure.

import { leastPositive, type Series } from '../../../base/series'
import type { XAxis } from '../../../charts/layout/axis'
import type { FoundChart } from '../metricsModel'

export type Span = readonly [number, number]

export interface ChartDomain {
  /** All lines, from the first point to the last. */
  readonly all: Span
  /** Most runs, where a few are so much longer that the others would be a smear; null: all fit. */
  readonly most: Span | null
  /** Runs that go on beyond that. */
  readonly beyond: number
}

/** A run is much longer than the others if it goes on for this many times their length. */
const MUCH_LONGER = 5
/** Of the runs of a chart, as many as this may be cut off, and always one. */
const CUT_SHARE = 0.05
/** As many runs must be left as these. */
const LEAST_KEPT = 2
/** The end grows in steps of this share: with each point of a live run all points would be asked for again. */
const STEPS = 32

export function union(a: Span | undefined, b: Span | undefined): Span | undefined {
  return a && b ? [Math.min(a[0], b[0]), Math.max(a[1], b[1])] : (a ?? b)
}

/**
 * Each chart spans its own lines. Where one run (or one in twenty) is more than five times as long as the next, it spans
 * the others: a live run at step 70,000 leaves a twentieth of the width to those of 3,000 steps. No line is cut off as a
 * whole.
 *
 * @param runs The spans of the lines of each run.
 */
export function chartDomain(runs: Iterable<readonly Span[]>, axis: XAxis, log: boolean): ChartDomain | undefined {
  const ofRuns = [...runs]
  const spans = ofRuns.flat()
  let all: Span | undefined
  for (const s of spans) if (!log || s[1] > 0) all = union(all, s)
  if (!all) return undefined
  const [lo] = all
  const whole: ChartDomain = { all, most: null, beyond: 0 }
  // Wall time is where a run was, not how long; on a logarithmic axis five times is a short way.
  if (log || !(axis === 'step' || axis === 'epoch' || axis === 'relative_time')) return whole
  const ends = Float64Array.from(ofRuns, (own) => own.reduce((most, s) => Math.max(most, s[1]), -Infinity)).sort()
  const n = ends.length
  for (let cut = Math.max(1, Math.floor(n * CUT_SHARE)); cut >= 1; cut--) {
    if (n - cut < LEAST_KEPT) continue
    const length = ends[n - cut - 1]! - lo
    if (!(length > 0) || ends[n - cut]! - lo <= MUCH_LONGER * length) continue
    const end = lo + roundedUp(length)
    if (spans.some((s) => s[0] > end)) continue
    return { all, most: [lo, end], beyond: cut }
  }
  return whole
}

/** Up to the next of 32 steps between powers of two. */
function roundedUp(length: number): number {
  const step = 2 ** Math.floor(Math.log2(length)) / STEPS
  return Math.ceil(length / step) * step
}

/** First and last step of each line, which are known before any point has come. By id of the sequence. */
export function stepSpans(chart: FoundChart, log: boolean): Map<string, Span> {
  const spans = new Map<string, Span>()
  for (const { sequence } of chart.lines) {
    if (sequence.count === 0) continue
    const first = Number(sequence.first_step)
    const last = Number(sequence.last_step)
    // A logarithmic axis begins at the smallest positive step, which is 1 until the points are here.
    if (!log) spans.set(sequence.id, [first, last])
    else if (last > 0) spans.set(sequence.id, [Math.max(1, first), Math.max(1, last)])
  }
  return spans
}

/** What a series spans; undefined without points, and where none has a place on a logarithmic axis. */
export function seriesSpan({ x }: Series, log: boolean): Span | undefined {
  if (x.length === 0) return undefined
  const first = log ? leastPositive(x) : x[0]!
  const last = x[x.length - 1]!
  return first <= last ? [first, last] : undefined
}

/**
 * The spans of the lines of a chart, by run: of those in `steps`, with those of `seen` where they are known better. On a
 * logarithmic axis `seen` knows where they begin.
 */
export function spansByRun(
  { lines }: FoundChart,
  steps: ReadonlyMap<string, Span>,
  seen: ReadonlyMap<string, Span>,
  log: boolean,
  into = new Map<string, Span[]>(),
): Map<string, Span[]> {
  for (const { sequence } of lines) {
    const [span, own] = [steps.get(sequence.id), seen.get(sequence.id)]
    const known: Span | undefined = span && own && log ? [own[0], Math.max(own[1], span[1])] : union(span, own)
    if (!known) continue
    const list = into.get(sequence.run)
    if (list) list.push(known)
    else into.set(sequence.run, [known])
  }
  return into
}
