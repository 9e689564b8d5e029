import type { Series } from '../../base/series'
import { valueAt } from './nearest'

/** The series that the charts of one page hold, for the table below them: values at the crosshair without another request. */
export class SeriesCache {
  private readonly series = new Map<string, Series>()

  add(series: Iterable<Series>): void {
    for (const s of series) this.series.set(s.id, s)
  }

  /** Runs leave a live view when they end; their points must not stay. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.series.keys()) if (!ids.has(id)) this.series.delete(id)
  }

  clear(): void {
    this.series.clear()
  }

  /** The value of a sequence at `x`; NaN where it has none. */
  valueAt(id: string, x: number): number {
    const s = this.series.get(id)
    return s ? valueAt(s.x, s.last, x) : NaN
  }
}
