// Lays out one picture of a chart: which lines, over which ranges, in which box, single or as groups.

import type { Box } from '../layout/axis'
import { yTicks } from '../layout/axis'
import { makeGroups } from './bands'
import { clippedSteps, extentSteps, shownRange, STEP_POINTS, type Extent } from '../data/extent'
import type { ChartSpec, Drawn, Scene } from '../layout/model'
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
  /** Points outside the y range. */
  readonly clipped: number
  /** Points to draw. */
  readonly work: number
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

/** `measure` gives the width of a label in pixels, `valuesOf` the values to draw of a series, smoothed or not. */
export function* layoutSteps(
  spec: ChartSpec,
  width: number,
  height: number,
  measure: (label: string) => number,
  valuesOf: (s: Series) => Float64Array,
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
  const extent = yield* extentSteps(all, x0, x1, spec.yKind === 'log')
  const range = spec.yFixed
    ? { lo: spec.yFixed[0], hi: spec.yFixed[1], clips: true }
    : shownRange(extent, spec.outliers, spec.yKind === 'log')
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
  const clipped = range.clips ? yield* clippedSteps(all, x0, x1, sy.domain[0], sy.domain[1], spec.yKind === 'log') : 0

  const banded = spec.aggregate === null && drawn.length > BANDS_FROM && !spec.drawAll
  const groupLines = spec.aggregate || banded ? yield* makeGroups(spec, drawn, box, sx, banded) : []
  return { scene: { spec, box, sx, sy, drawn, groupLines, banded }, extent, clipped, work }
}
