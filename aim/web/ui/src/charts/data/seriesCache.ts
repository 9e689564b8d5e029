import type { Series } from '../../base/series'
import { lastLogged, noLogged, type Logged } from './logged'

/** The series that the charts of one page hold, for the table below them: values at the crosshair without another request. */
export class SeriesCache {
  private readonly series = new Map<string, Series>()
  private readonly listeners = new Set<() => void>()

  add(series: Iterable<Series>): void {
    for (const s of series) this.series.set(s.id, s)
    for (const f of this.listeners) f()
  }

  /** Runs leave a live view when they end; their points must not stay. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.series.keys()) if (!ids.has(id)) this.series.delete(id)
  }

  /** Calls `f` when points have come, until the answer is called. */
  onAdd(f: () => void): () => void {
    this.listeners.add(f)
    return () => this.listeners.delete(f)
  }

  clear(): void {
    this.series.clear()
  }

  /** Fills `out` with what a sequence had last logged at or before `x`; false where it had logged nothing. */
  lastLogged(id: string, x: number, out: Logged): boolean {
    const s = this.series.get(id)
    return s !== undefined && lastLogged(s, x, out)
  }

  /** The same as one number, to sort by; NaN where there is none. */
  valueAt(id: string, x: number): number {
    return this.lastLogged(id, x, scratch) ? (scratch.lo + scratch.hi) / 2 : NaN
  }
}

const scratch = noLogged()
