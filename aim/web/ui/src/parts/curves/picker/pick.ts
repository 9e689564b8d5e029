// Which charts are shown, and in which order. Pure.

import { compareTexts } from '../../../base/order'
import { arrange } from '../chartOrder'
import { chartKeyOf } from '../grouping'
import type { MetricsView } from '../metricsAddress'
import type { FoundChart, Model } from '../metricsModel'
import { picker } from './metricTree'

/** A pattern as people type it: a regular expression where it is one, else plain text. */
export function matcher(pattern: string): (text: string) => boolean {
  if (!pattern) return () => true
  const found = finder(pattern)
  return (t) => found(t) !== null
}

/** Where a pattern is first found in a text. */
export function finder(pattern: string): (text: string) => readonly [number, number] | null {
  try {
    const re = new RegExp(pattern, 'i')
    return (t) => {
      const m = re.exec(t)
      return m && [m.index, m.index + m[0].length]
    }
  } catch {
    const low = pattern.toLowerCase()
    return (t) => {
      const at = t.toLowerCase().indexOf(low)
      return at < 0 ? null : [at, at + low.length]
    }
  }
}

interface Arranged {
  readonly pins: ReadonlySet<string>
  readonly order: readonly string[]
}

/**
 * The charts to show: those that are picked and match; pinned ones first, then in the order that people gave them, then
 * the metrics that say most first.
 *
 * @param names Metrics in the order in which they are shown.
 */
export function pickCharts(
  model: Model,
  { show, picked, facets }: Pick<MetricsView, 'show' | 'picked' | 'facets'>,
  { pins, order }: Arranged,
  names: readonly string[],
): Model {
  const match = matcher(show)
  let charts: readonly FoundChart[] = model.charts.filter((c) => match(c.key))
  if (picked.length > 0) charts = withLines(charts, picked)
  if (facets === null || facets[0] === 'metric.name') charts = inOrder(charts, names)
  return { ...model, charts: arrange(charts, pins, order) }
}

function withLines(charts: readonly FoundChart[], picked: readonly string[]): FoundChart[] {
  const isPicked = picker(picked)
  return charts.flatMap((c) => {
    const lines = c.lines.filter(({ sequence }) => isPicked(sequence.name, chartKeyOf(sequence)))
    return lines.length === c.lines.length ? [c] : lines.length > 0 ? [{ ...c, lines }] : []
  })
}

/** Metrics as `names` has them; of one, validation before training, the rest by name. */
function inOrder(charts: readonly FoundChart[], names: readonly string[]): FoundChart[] {
  const place = new Map(names.map((name, i) => [name, i]))
  // What was just computed comes first.
  const rank = (c: FoundChart) => (c.lines[0]?.sequence.common ? -1 : (place.get(c.metric) ?? names.length))
  const isVal = (c: FoundChart) => Number(/(^|=)val/i.test(c.context))
  return [...charts].sort((a, b) => rank(a) - rank(b) || compareTexts(a.metric, b.metric) || isVal(b) - isVal(a))
}
