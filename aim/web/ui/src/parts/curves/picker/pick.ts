// Which charts are shown, and in which order. Pure.

import { arrange } from '../chartOrder'
import type { Model } from '../metricsModel'

/** A pattern as people type it: a regular expression where it is one, else plain text. */
export function matcher(pattern: string): (text: string) => boolean {
  if (!pattern) return () => true
  try {
    const re = new RegExp(pattern, 'i')
    return (t) => re.test(t)
  } catch {
    const low = pattern.toLowerCase()
    return (t) => t.toLowerCase().includes(low)
  }
}

/** The charts to show: those that match, pinned ones first, then in the order that people gave them. */
export function pickCharts(model: Model, pattern: string, pins: ReadonlySet<string>, order: readonly string[]): Model {
  if (!pattern && pins.size === 0 && order.length === 0) return model
  const match = matcher(pattern)
  const charts = model.charts.filter((c) => match(c.key))
  return { ...model, charts: arrange(charts, pins, order) }
}
