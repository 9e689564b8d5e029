// What the x axis of each chart spans while nothing is zoomed.

import type { FoundChart } from '../metricsModel'

export type Span = readonly [number, number]

export interface ChartDomain {
  readonly span: Span
  /** Not the axis of the page. */
  readonly isOwn: boolean
}

/** A chart that takes less of the common axis than this gets its own: its curve would be a stroke. */
export const LEAST_SHARE = 1 / 8

export function union(a: Span | undefined, b: Span | undefined): Span | undefined {
  return a && b ? [Math.min(a[0], b[0]), Math.max(a[1], b[1])] : (a ?? b)
}

/** First and last step of a chart, which are known before any point has come. */
export function stepsOf(chart: FoundChart): Span | undefined {
  let span: Span | undefined
  for (const { sequence } of chart.lines)
    if (sequence.count > 0) span = union(span, [Number(sequence.first_step), Number(sequence.last_step)])
  return span
}

/**
 * What a chart of steps spans: its points, once they are here, and the steps that came since. A logarithmic axis begins at
 * the smallest positive step, which is 1 until the points are here.
 */
export function withSteps(own: Span | undefined, steps: Span | undefined, log: boolean): Span | undefined {
  if (!log || !steps) return union(own, steps)
  if (own) return [own[0], Math.max(own[1], steps[1])]
  return steps[1] > 0 ? [Math.max(1, steps[0]), Math.max(1, steps[1])] : undefined
}

/**
 * All charts share one x axis, so that what happened at the same time is aligned. Those of one metric always do: they are
 * compared. A metric whose points take a small part of the axis (logged once an epoch, say, or only at the start) has an
 * axis of its own.
 *
 * @param spans What each chart holds; charts without points are missing. Where the axis is logarithmic, those
 *   that are not positive have no place on it.
 */
export function chartDomains(
  charts: readonly FoundChart[],
  spans: ReadonlyMap<string, Span>,
  log = false,
): Map<string, ChartDomain> {
  const width = ([lo, hi]: Span) => (log ? Math.log(hi / lo) : hi - lo)
  const out = new Map<string, ChartDomain>()
  let page: Span | undefined
  const metrics = new Map<string, Span>()
  for (const c of charts) {
    const span = spans.get(c.key)
    if (!span) continue
    if (log && !(span[0] > 0)) {
      // Nothing of it can be shown; the chart says so.
      out.set(c.key, { span, isOwn: false })
      continue
    }
    page = union(page, span)
    metrics.set(c.metric, union(metrics.get(c.metric), span)!)
  }
  if (!page) return out
  for (const c of charts) {
    if (out.has(c.key)) continue
    const own = metrics.get(c.metric)
    // One point alone is best seen in its place among the others.
    const isOwn = own !== undefined && own[1] > own[0] && width(own) < width(page) * LEAST_SHARE
    out.set(c.key, { span: isOwn ? own : page, isOwn })
  }
  return out
}
