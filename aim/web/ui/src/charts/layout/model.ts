// What a chart is given, what it tells, and what it has drawn. Plain data.

import type { Attempts, Smoothing } from '../../base/api/types'
import type { Aggregate, BandKind, LineKind } from '../data/aggregate'
import type { Box, XAxis } from './axis'
import type { Outliers } from '../data/extent'
import type { Gaps } from '../data/lod'
import type { Scale, ScaleKind } from '../data/scales'
import type { Series } from '../../base/series'

export interface ChartLine {
  readonly key: string
  readonly run: string
  readonly label: string
  /** Name and context, for the tooltip. */
  readonly metric: string
  readonly group: number
  readonly live: boolean
  /** Its run crashed or failed. */
  readonly broken: boolean
  readonly series: Series
}

export interface ChartGroup {
  readonly key: string
  readonly label: string
  /** The label with the names of its fields: `opt lion`. */
  readonly title: string
  readonly slot: number
  readonly dash: number
  /** Its place in the order of the values that give the colour. */
  readonly rank: number
}

export interface ChartSpec {
  readonly lines: readonly ChartLine[]
  readonly groups: readonly ChartGroup[]
  readonly xAxis: XAxis
  readonly attempts: Attempts
  readonly xKind: ScaleKind
  readonly yKind: ScaleKind
  readonly xDomain: readonly [number, number]
  readonly yFixed: readonly [number, number] | null
  /** What other charts of the same metric show, too; null: not known yet. undefined: this chart is by itself. */
  readonly yShared?: readonly [number, number] | null | undefined
  readonly outliers: Outliers
  readonly smoothing: Smoothing | null
  /** Over which all lines are smoothed, in the unit of x; 0: not known yet, nothing is smoothed. */
  readonly distance: number
  /** All points are here: what is smoothed is computed here. */
  readonly isWhole: boolean
  readonly aggregate: { readonly line: LineKind; readonly band: BandKind } | null
  readonly gaps: Gaps
  /** Groups only where all of their members have a value. */
  readonly onlyAll: boolean
  readonly hiddenGroups: ReadonlySet<string>
  readonly hiddenLines: ReadonlySet<string>
  readonly focus: string | null
  readonly selected: ReadonlySet<string>
  readonly refining: boolean
  readonly drawAll: boolean
}

export interface ChartNotes {
  readonly resolution: string
  /** How many gaps lines have, and whether they are joined; empty: none. */
  readonly gaps: string
  /** Over what lines are smoothed, and how many are not; empty: none is. */
  readonly smoothing: string
  readonly notPositive: string
  readonly clipped: number
  readonly bands: number
  /** Each line has its name at its end: a legend would say the same. */
  readonly named: boolean
  /** What lines and bands of groups are, and of how many members; empty where there are none. */
  readonly aggregate: string
  readonly nonfinite: number
  /** What has no place on the x axis, in words. */
  readonly unplaced: string
  /** Why nothing is drawn; empty where something is. */
  readonly nothing: string
  readonly summary: string
  /** What y would span if the chart were by itself, where it shares its scale. */
  readonly ownY?: readonly [number, number]
}

export interface ChartEvents {
  onZoom(x: [number, number], y: [number, number] | null): void
  onZoomBack(): void
  onZoomReset(): void
  /** `x`: where the crosshair is. */
  onPin(run: string | null, x: number | null): void
  onSelect(run: string): void
  onLog(): void
  onExpand(): void
  onNotes(notes: ChartNotes): void
}

export interface Drawn {
  readonly line: ChartLine
  readonly series: Series
  readonly values: Float64Array
}

/** The end of a line, or of the line of a group. */
export interface End {
  readonly slot: number
  readonly name: string
  /** The last one, finite or not. */
  readonly value: number
  /** On the x axis, of the last finite value. */
  readonly x: number
  /** Pixels, not limited to the plot. */
  readonly y: number
  /** Where the line ends, `@1 200`, if that is before the right edge; else empty. */
  readonly place: string
  /** Of a group: how many of its lines reach its end. */
  readonly n: number | null
  /** Is named whatever else is: pinned or selected. */
  readonly isStrong: boolean
}

export interface EndLabel extends End {
  /** Where its middle is, in pixels from the top. */
  readonly at: number
}

export interface GroupLine {
  readonly group: ChartGroup
  readonly data: Aggregate
  readonly members: readonly Drawn[]
}

/** A picture: what was drawn, and where. Hover reads the one that is shown, while the next is made. */
export interface Scene {
  readonly spec: ChartSpec
  readonly box: Box
  readonly sx: Scale
  readonly sy: Scale
  readonly drawn: readonly Drawn[]
  readonly groupLines: readonly GroupLine[]
  /** The short names of the lines, as many as are drawn; empty where none is named. */
  readonly names: readonly string[]
  /** The names at the ends of lines, from the top; empty where there is no room. */
  readonly ends: readonly EndLabel[]
  /** Each line has its name at its end. */
  readonly allNamed: boolean
  readonly banded: boolean
}

/** A drag of the pointer that is under way, CSS px. */
export interface Drag {
  kind: 'x' | 'xy' | 'pan'
  x: number
  y: number
  toX: number
  toY: number
}

/** Above this many lines, base lines are one device pixel wide and drawn by the raster: without a GPU paths cost many times more. */
export const MANY = 50
/** From this many lines on, a chart shades how many there are instead of drawing each. */
const DENSITY_FROM = 2000

export const isDensity = (lines: number): boolean => lines >= DENSITY_FROM

/** How far from a line, in pixels, the pointer still hovers it. */
export const REACH = 24

/** Lines that stand out: the pinned run's, and those of selected runs. */
export function isStrong(d: Drawn, spec: ChartSpec): boolean {
  return d.line.run === spec.focus || spec.selected.has(d.line.run)
}
