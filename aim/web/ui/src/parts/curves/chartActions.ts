import type { Move } from './chartOrder'
import type { Span } from './pane/chartDomains'

/** What a chart asks of the pane that it is in. One object for all charts of a pane, which stays the same. */
export interface ChartActions {
  readonly zoom: (chart: string, x: [number, number], y: [number, number] | null) => void
  /** Fixes x and y; null leaves them to the points. */
  readonly setRange: (chart: string, x: Span | null, y: Span | null) => void
  readonly zoomBack: () => void
  readonly zoomReset: (chart: string) => void
  /** `x`: where the crosshair is. */
  readonly pinRun: (run: string | null, x: number | null) => void
  readonly selectRun: (run: string) => void
  readonly toggleLog: (metric: string) => void
  readonly toggleWide: (chart: string) => void
  /** Hides or shows a group; `only`: hides all others, or shows them again. */
  readonly toggleGroup: (key: string, only: boolean) => void
  readonly showOutliers: () => void
  /** Whether runs that crashed or failed are averaged. */
  readonly includeBroken: (is: boolean) => void
  /** Show x to the end of the longest line, or to that of most lines. */
  readonly showToEnd: (all: boolean) => void
  readonly pinChart: (chart: string) => void
  readonly move: (chart: string, to: Move) => void
  readonly resetOrder: () => void
}

/** Which lines the charts of a pane show. */
export interface ShownLines {
  readonly hiddenGroups: ReadonlySet<string>
  readonly hiddenLines: ReadonlySet<string>
  readonly selected: ReadonlySet<string>
  /** Runs that are shown alone; null: all. */
  readonly only: ReadonlySet<string> | null
}
