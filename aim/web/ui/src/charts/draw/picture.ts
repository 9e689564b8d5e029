// Lays out one picture of a chart: which lines, over which ranges, in which box, single or as groups.

import type { Box } from '../layout/axis'
import { yTicks } from '../layout/axis'
import { makeGroups } from './bands'
import { endRoom, groupEnds, hasEndRoom, lineEnds, pickEnds, placeEnds } from './endLabels'
import { clippedSteps, extentSteps, fittedOf, shownRange, STEP_POINTS, type Extent, type Fitted } from '../data/extent'
import { lineNames } from '../layout/shortNames'
import { isStrong, type ChartSpec, type Drawn, type GroupLine, type Scene } from '../layout/model'
import { padDomain, makeScale, type ScaleKind } from '../data/scales'
import { leastPositive, type Series } from '../../base/series'

export const MARGIN = { left: 46, right: 16, top: 6, bottom: 38 }
/** What the y labels leave free: the title of the axis, and the distance to the plot. */
const Y_TITLE_SPACE = 22
/** Above this many sequences, groups are drawn as bands. */
const BANDS_FROM = 10_000

export interface Layout {
  readonly scene: Scene
  readonly extent: Extent
  /** What the y axis fits. */
  readonly fitted: readonly Fitted[]
  /** Points of that outside the y range. */
  readonly clipped: number
  /** Points behind smoothed lines outside the y range. */
  readonly outside: number
  /** Points to draw. */
  readonly work: number
  /** What y would span without other charts; null where nobody asks. */
  readonly ownY: readonly [number, number] | null
}

/** A logarithmic axis begins at the smallest positive x, also where a range that was chosen on another axis begins before. */
function shownDomain(
  kind: ScaleKind,
  [lo, hi]: readonly [number, number],
  all: readonly Series[],
): readonly [number, number] {
  if (kind !== 'log' || lo > 0 || !(hi > 0)) return [lo, hi]
  const least = all.reduce((n, s) => Math.min(n, leastPositive(s.x)), Infinity)
  return least < hi ? [least, hi] : [lo, hi]
}

/** A range that also takes in what the other charts show. */
function joined<R extends { readonly lo: number; readonly hi: number }>(
  own: R,
  shared: readonly [number, number] | null,
): R {
  if (shared === null) return own
  if (!Number.isFinite(own.lo)) return { ...own, lo: shared[0], hi: shared[1] }
  return { ...own, lo: Math.min(own.lo, shared[0]), hi: Math.max(own.hi, shared[1]) }
}

/** `measure` gives the width of a label in pixels, `valuesOf` the values to draw of a series, smoothed or not. */
export function* layoutSteps(
  spec: ChartSpec,
  width: number,
  height: number,
  measure: (label: string) => number,
  valuesOf: (s: Series) => Float64Array,
  namesEnds = true,
): Generator<void, Layout> {
  let box: Box = {
    left: MARGIN.left,
    top: MARGIN.top,
    width: width - MARGIN.left - MARGIN.right,
    height: height - MARGIN.top - MARGIN.bottom,
  }
  const drawn: Drawn[] = []
  let work = 0
  let read = 0
  for (const line of spec.lines) {
    const group = spec.groups[line.group]
    if ((group && spec.hiddenGroups.has(group.key)) || spec.hiddenLines.has(line.key)) continue
    const values = valuesOf(line.series)
    drawn.push({ line, series: line.series, values })
    work += line.series.x.length
    if ((read += values === line.series.last ? 50 : line.series.x.length) > STEP_POINTS) {
      read = 0
      yield
    }
  }
  const all = drawn.map((d) => d.series)

  const xDomain = shownDomain(spec.xKind, spec.xDomain, all)
  let sx = makeScale(spec.xKind, xDomain, [box.left, box.left + box.width])
  const [x0, x1] = sx.domain
  const banded = spec.aggregate === null && drawn.length > BANDS_FROM && !spec.drawAll
  // Columns of groups are values of x, so that they are true in a plot that is moved below, too.
  const groupLines = spec.aggregate || banded ? yield* makeGroups(spec, drawn, box, sx, banded) : []
  const isLog = spec.yKind === 'log'
  const fitted = fittedLines(spec, drawn, groupLines)
  let extent = yield* extentSteps(fitted, x0, x1, isLog)
  // What a logarithmic axis hides is said of the points, whatever is drawn of them.
  const isOther = groupLines.length > 0 || drawn.some((d) => d.values !== d.series.last)
  const points =
    isOther && (isLog || spec.outliers === 'off') ? yield* extentSteps(all.map(rawOf), x0, x1, isLog) : extent
  if (isOther && spec.outliers === 'off') extent = { ...extent, lo: points.lo, hi: points.hi }
  extent = { ...extent, notPositive: points.notPositive, atLeast: points.atLeast }
  const own = spec.yFixed
    ? { lo: spec.yFixed[0], hi: spec.yFixed[1], clips: true }
    : shownRange(extent, spec.outliers, isLog)
  const range = spec.yFixed ? own : joined(own, spec.yShared ?? null)
  const pad = spec.yFixed ? 0 : 0.05
  const [y0, y1] = Number.isFinite(range.lo)
    ? padDomain(spec.yKind, range.lo, range.hi, range.lo === range.hi ? 0 : pad)
    : [0, 1]
  const sy = makeScale(spec.yKind, [y0, y1], [box.top + box.height, box.top])
  // Long labels of the y axis push the plot to the right, on this chart alone.
  const widest = yTicks(sy, box.height).labels.reduce((w, t) => Math.max(w, measure(t)), 0)
  const left = Math.max(MARGIN.left, Math.ceil(widest) + Y_TITLE_SPACE)
  if (left !== box.left) {
    box = { ...box, left, width: box.left + box.width - left }
    sx = makeScale(spec.xKind, xDomain, [box.left, box.left + box.width])
  }
  const isGrouped = groupLines.length > 0
  const hasRoom = namesEnds && hasEndRoom(width, height)
  const names = hasRoom && !isGrouped ? lineNames(spec, drawn) : []
  const named = !hasRoom ? [] : isGrouped ? groupEnds(spec, groupLines, sx, sy) : lineEnds(spec, drawn, names, sx, sy)
  const picked = pickEnds(named, box)
  const room = endRoom(picked, sy, width, measure) - MARGIN.right
  if (room > 0) {
    box = { ...box, width: box.width - room }
    sx = makeScale(spec.xKind, xDomain, [box.left, box.left + box.width])
  }
  const ends = room > 0 ? placeEnds(picked, box) : []
  // Lines of one group have the names of their runs, which do not say what the colours are.
  const groups = isGrouped ? groupLines.length : new Set(drawn.map((d) => d.line.group)).size
  const allNamed = groups > 0 && ends.length === groups && (isGrouped || drawn.length === groups)
  const [yLo, yHi] = sy.domain
  const clipped = range.clips ? yield* clippedSteps(fitted, x0, x1, yLo, yHi, isLog) : 0
  // The points behind smoothed lines may leave the plot, which fits what is drawn strongest.
  const behind =
    groupLines.length > 0 ? [] : drawn.filter((d) => d.values !== d.series.last).map((d) => rawOf(d.series))
  const outside = yield* clippedSteps(behind, x0, x1, yLo, yHi, isLog)
  const ownY = spec.yShared !== undefined && Number.isFinite(own.lo) ? ([own.lo, own.hi] as const) : null
  return {
    scene: { spec, box, sx, sy, drawn, groupLines, names, ends, allNamed, banded },
    extent,
    fitted,
    clipped,
    outside,
    work,
    ownY,
  }
}

const rawOf = (s: Series) => fittedOf(s)

/** What the y axis fits: groups with their bands, and lines as they are drawn strongest. */
function fittedLines(spec: ChartSpec, drawn: readonly Drawn[], groupLines: readonly GroupLine[]): Fitted[] {
  if (groupLines.length === 0) return drawn.map((d) => fittedOf(d.series, d.values))
  return [
    ...groupLines.map(({ data: { x, line, lo, hi, pair } }): Fitted => ({
      x,
      last: line,
      // A group of one has a line, and no band; one of two its two values.
      min: line.map((v, i) => lowest(v, lo?.[i], pair?.lo[i])),
      max: line.map((v, i) => -lowest(-v, -(hi?.[i] ?? NaN), -(pair?.hi[i] ?? NaN))),
      count: null,
    })),
    ...drawn.filter((d) => isStrong(d, spec)).map((d) => fittedOf(d.series, d.values)),
  ]
}

/** The lowest of numbers that are there. */
function lowest(...all: readonly (number | undefined)[]): number {
  let least = NaN
  for (const v of all) if (v !== undefined && !(v >= least) && v === v) least = v
  return least
}
