// Series that charts of the page hold, for the table below them: values at the crosshair without another request.

import { valueAt } from './nearest'
import type { Series } from '../../base/series'

const known = new Map<string, Series>()

export function remember(series: Iterable<Series>): void {
  for (const s of series) known.set(s.id, s)
}

/** Runs leave a live view when they end; their points must not stay. */
export function forgetOthers(ids: ReadonlySet<string>): void {
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
}

export function forgetAll(): void {
  known.clear()
}

export function crossValue(id: string, x: number): number {
  const s = known.get(id)
  return s ? valueAt(s.x, s.last, x) : NaN
}
