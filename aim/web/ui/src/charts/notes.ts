// What a chart says of itself: its resolution, what it hides, and a summary in words.

import { formatCount, formatNumber } from '../ui/format'
import { axisLabel, xText } from './axis'
import { lowestOf, STEP_POINTS, type Extent } from './extent'
import type { ChartNotes, Scene } from './model'

export function* noteSteps({ spec, drawn: shown, sx, box, banded }: Scene, extent: Extent, clipped: number, ratio: number): Generator<void, ChartNotes> {
  const exact = shown.every((d) => d.series.exact)
  const [x0, x1] = sx.domain
  let resolution = 'exact'
  if (spec.refining) resolution = 'refining'
  else if (!exact) {
    if (spec.xAxis === 'step' && spec.xKind === 'linear') resolution = `1 px = ${formatCount(Math.max(1, Math.round((x1 - x0) / (box.width * ratio))))} steps`
    else {
      const densest = shown.reduce((n, d) => Math.max(n, d.series.total / Math.max(1, d.series.x.length)), 1)
      resolution = `1 px = ${formatCount(Math.max(1, Math.round(densest)))} points`
    }
  }
  let nonfinite = 0
  let unplaced = 0
  let lowestRun = ''
  let lowest = Infinity
  let read = 0
  for (const d of shown) {
    nonfinite += d.series.nonfiniteTotal
    unplaced += d.series.unplaced ?? 0
    if ((read += d.series.x.length) > STEP_POINTS) {
      read = 0
      yield
    }
    const low = lowestOf(d.series)
    if (low < lowest) (lowest = low), (lowestRun = d.line.label)
  }
  const runs = new Set(shown.map((d) => d.line.run)).size
  const summary = shown.length === 0
    ? 'no lines shown'
    : `${formatCount(runs)} ${runs === 1 ? 'run' : 'runs'}, ${xText(spec.xAxis, x0)} to ${xText(spec.xAxis, x1)}, lowest ${formatNumber(lowest)} by ${lowestRun}`
  return {
    resolution: shown.length === 0 ? '' : resolution,
    notPositive: extent.notPositive > 0 ? `${extent.atLeast ? 'at least ' : ''}${formatCount(extent.notPositive)} values ≤ 0 hidden` : '',
    clipped,
    bands: banded ? shown.length : 0,
    nonfinite,
    unplaced: unplaced > 0 ? `${formatCount(unplaced)} without ${axisLabel(spec.xAxis)}` : '',
    summary,
  }
}
