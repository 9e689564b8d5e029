// What a chart says of itself: its resolution, what it hides, and a summary in words.

import { formatCount, formatNumber, plural } from '../../base/format'
import { axisLabel, axisMetric, scaleDigits, stretchText, xText } from './axis'
import { gapsIn } from '../data/lod'
import { lowestOf, STEP_POINTS, type Extent } from '../data/extent'
import { smoothingSpan } from '../data/smooth'
import { aggregateText } from './texts'
import { isDensity, type ChartNotes, type ChartSpec, type Drawn, type Scene } from './model'
import { lowerBound, type Series } from '../../base/series'

export function* noteSteps(
  scene: Scene,
  extent: Extent,
  clipped: number,
  outside: number,
  ratio: number,
): Generator<void, ChartNotes> {
  const { spec, drawn: shown, sx, sy, box, banded, allNamed } = scene
  const exact = shown.every((d) => d.series.exact)
  const [x0, x1] = sx.domain
  let resolution = 'exact'
  if (spec.refining) resolution = 'refining'
  else if (!exact) {
    if (spec.xAxis === 'step' && spec.xKind === 'linear')
      resolution = `1 px = ${formatCount(Math.max(1, Math.round((x1 - x0) / (box.width * ratio))))} steps`
    else {
      const densest = shown.reduce((n, d) => Math.max(n, d.series.total / Math.max(1, d.series.x.length)), 1)
      resolution = `1 px = ${formatCount(Math.max(1, Math.round(densest)))} points`
    }
  }
  let nonfinite = 0
  let unplaced = 0
  let merged = 0
  let rounded = 0
  let notAbove = 0
  let lowestRun = ''
  let lowest = Infinity
  let gaps = 0
  let resumed = 0
  let read = 0
  for (const d of shown) {
    for (const x of d.series.resumed ?? []) if (x >= x0 && x <= x1) resumed++
    gaps += gapsBetween(d.series.x, gapsIn(d.series.x, spec.gaps), x0, x1)
    nonfinite += d.series.nonfiniteTotal
    unplaced += d.series.unplaced ?? 0
    merged += d.series.merged ?? 0
    rounded += d.series.rounded ?? 0
    if (spec.xKind === 'log') notAbove += pointsUpToZero(d.series)
    if ((read += d.series.x.length) > STEP_POINTS) {
      read = 0
      yield
    }
    const low = lowestOf(d.series)
    if (low < lowest) {
      lowest = low
      lowestRun = d.line.label
    }
  }
  const isShaded = isDensity(shown.length) && scene.groupLines.length === 0
  const density = isShaded ? `density of ${formatCount(shown.length)} lines · ` : ''
  if (merged > 0 && !spec.refining) resolution = `${formatCount(merged)} steps share a place`
  else if (rounded > 0 && !spec.refining) resolution = `${formatCount(rounded)} steps beyond 2^53 rounded`
  const nothing = whyNothing(spec, shown, extent, nonfinite, unplaced)
  const runs = new Set(shown.map((d) => d.line.run)).size
  const xDigits = scaleDigits(sx)
  const summary = nothing
    ? `no lines shown: ${nothing}`
    : `${formatCount(runs)} ${runs === 1 ? 'run' : 'runs'}, ${xText(spec.xAxis, x0, xDigits)} to ${xText(spec.xAxis, x1, xDigits)}, lowest ${formatNumber(lowest, scaleDigits(sy))} by ${lowestRun}`
  return {
    resolution: nothing ? '' : density + resolution,
    gaps: nothing
      ? ''
      : [
          gaps > 0 ? `${plural(gaps, 'gap')}${spec.gaps === 'off' ? ' joined by dashes' : ''}` : '',
          resumed > 0 ? `${plural(resumed, 'resume')}` : '',
        ]
          .filter(Boolean)
          .join(' · '),
    smoothing: nothing ? '' : smoothingNote(spec, shown, outside),
    notPositive:
      extent.notPositive > 0
        ? `${extent.atLeast ? 'at least ' : ''}${plural(extent.notPositive, 'value')} ≤ 0 hidden`
        : '',
    clipped,
    named: allNamed,
    bands: banded ? shown.length : 0,
    aggregate: aggregateText(scene),
    nonfinite,
    unplaced: [
      unplaced > 0 ? `${formatCount(unplaced)} without ${axisLabel(spec.xAxis)}` : '',
      notAbove > 0 && !nothing ? `${formatCount(notAbove)} at ${axisLabel(spec.xAxis)} ≤ 0` : '',
    ]
      .filter(Boolean)
      .join(' · '),
    nothing,
    summary,
  }
}

/** How many of `gaps` are in sight. */
function gapsBetween(x: Float64Array, gaps: readonly number[], from: number, to: number): number {
  let n = 0
  for (const i of gaps) if (x[i]! > from && x[i - 1]! < to) n++
  return n
}

/** `smoothed over 90 steps, 2 lines raw`. */
function smoothingNote({ smoothing, distance, xAxis }: ChartSpec, shown: readonly Drawn[], outside: number): string {
  if (smoothing === null || distance === 0) return ''
  const raw = shown.filter((d) => d.values === d.series.last && d.series.x.length > 0).length
  const over = `smoothed over ${stretchText(xAxis, smoothingSpan(smoothing, distance))}`
  return [
    over,
    raw > 0 ? `${plural(raw, 'line')} raw: too few points` : '',
    outside > 0 ? `${plural(outside, 'raw point')} outside` : '',
  ]
    .filter(Boolean)
    .join(', ')
}

/** Points that have no place on a logarithmic x axis. */
function pointsUpToZero({ x, count }: Series): number {
  const n = lowerBound(x, Number.MIN_VALUE)
  let points = 0
  for (let i = 0; i < n; i++) points += count ? count[i]! : 1
  return points
}

/** What keeps all points of a chart from being drawn, in words that say what to do; empty where some are drawn. */
export function whyNothing(
  spec: Pick<ChartSpec, 'lines' | 'xAxis' | 'xKind' | 'yKind' | 'xDomain'>,
  shown: readonly Drawn[],
  extent: Extent,
  nonfinite: number,
  unplaced: number,
): string {
  if (spec.lines.length === 0) return 'no points yet'
  if (shown.length === 0) return 'all lines are hidden'
  if (Number.isFinite(extent.lo) && !(spec.xKind === 'log' && !(spec.xDomain[1] > 0))) return ''
  const axis = axisLabel(spec.xAxis)
  if (unplaced > 0) {
    return axisMetric(spec.xAxis)
      ? `no value of ${axis} at these steps in a context that fits: choose another x axis`
      : `these points have no ${axis}: choose another x axis`
  }
  if (spec.xKind === 'log' && !(spec.xDomain[1] > 0))
    return `no ${axis} above 0: a logarithmic x axis cannot show these points`
  if (spec.yKind === 'log' && extent.notPositive > 0)
    return 'no value above 0: a logarithmic y axis cannot show these points'
  if (nonfinite > 0) return 'no finite value: NaN and infinities are marked below'
  return shown.some((d) => d.series.total > 0 || d.series.x.length > 0) ? 'no points in this range' : 'no points yet'
}
