// From the points of a chart and its view to what is drawn.

import { useEffect, useMemo } from 'react'
import { useFrames, type Frames } from '../../charts/data/frames'
import type { Gaps } from '../../charts/data/lod'
import type { SeriesCache } from '../../charts/data/seriesCache'
import type { ChartGroup, ChartLine, ChartSpec } from '../../charts/layout/model'
import type { ShownLines } from './chartActions'
import type { MetricsView } from './metricsAddress'
import type { FoundChart, FoundLine } from './metricsModel'

type Range = readonly [number, number]

/** The points of a chart, while it is in sight. */
export function useChartFrames(
  chart: FoundChart,
  view: MetricsView,
  range: Range | null,
  { isVisible, buckets }: { readonly isVisible: boolean; readonly buckets: number },
): Frames {
  const ids = useMemo(() => chart.lines.map((l) => l.sequence.id), [chart.lines])
  const runs = useMemo(() => new Map(chart.lines.map((l) => [l.sequence.id, l.sequence.run])), [chart.lines])
  return useFrames({
    ids,
    x: view.x,
    xLog: view.xLog,
    yLog: view.yLog.includes(chart.metric),
    attempts: view.attempts,
    buckets,
    range,
    smoothing: view.smoothing,
    visible: isVisible && buckets > 0,
    runOf: (id) => runs.get(id) ?? '',
  })
}

/** The lines whose points are here, without those that are not shown. */
export function useChartLines(chart: FoundChart, frames: Frames, shown: ShownLines, leaveOut: boolean): ChartLine[] {
  const { only } = shown
  return useMemo<ChartLine[]>(() => {
    const out: ChartLine[] = []
    for (const l of chart.lines) {
      const series = frames.series.get(l.sequence.id)
      if (!series || (only && !only.has(l.sequence.run)) || (leaveOut && isBroken(l))) continue
      out.push({
        key: l.sequence.id,
        run: l.sequence.run,
        label: l.run.name || l.sequence.run.slice(0, 8),
        metric: l.sequence.name,
        group: l.group,
        live: l.run.status === 'running',
        broken: isBroken(l),
        series,
      })
    }
    return out
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `version` changes with the content of the map
  }, [chart.lines, frames.series, frames.version, only, leaveOut])
}

/** Did its run crash or fail? What it has averages in what went wrong. */
export function isBroken({ run }: FoundLine): boolean {
  return run.status === 'crashed' || run.status === 'failed'
}

/** Keeps the points for the table. */
export function useCached(frames: Frames, cache: SeriesCache): void {
  useEffect(() => cache.add(frames.series.values()), [frames.series, frames.version, cache])
}

/** Missing steps are gaps; times and values of metrics are at no even distances, even where nothing is missing. */
function gapsOf({ gaps, x }: MetricsView): Gaps {
  if (gaps === 'auto') return x === 'step' || x === 'epoch' ? 'auto' : 'join'
  return gaps ? 'on' : 'off'
}

interface SpecParts {
  readonly lines: readonly ChartLine[]
  readonly groups: readonly ChartGroup[]
  readonly view: MetricsView
  readonly shown: ShownLines
  readonly yLog: boolean
  /** What x shows; null while that is unknown. */
  readonly xDomain: Range | null
  readonly yFixed: Range | null
  readonly frames: Frames
  /** See ChartSpec. */
  readonly yShared: Range | null | undefined
  readonly drawAll: boolean
}

/** All that the drawing depends on; the same object until something of it changes. */
export function useChartSpec(p: SpecParts): ChartSpec {
  const { lines, groups, view, yFixed, yShared, yLog, drawAll } = p
  const { refining, distance, isWhole } = p.frames
  const { hiddenGroups, hiddenLines, selected } = p.shown
  const [from, to] = p.xDomain ?? [0, 1]
  const domain = useMemo<Range>(() => [from, to], [from, to])
  return useMemo<ChartSpec>(
    () => ({
      lines,
      groups,
      xAxis: view.x,
      attempts: view.attempts,
      xKind: view.xLog ? 'log' : 'linear',
      yKind: yLog ? 'log' : 'linear',
      xDomain: domain,
      yFixed,
      yShared,
      outliers: view.outliers,
      smoothing: view.smoothing,
      distance,
      isWhole,
      aggregate: view.aggregate,
      gaps: gapsOf(view),
      onlyAll: view.onlyAll,
      hiddenGroups,
      hiddenLines,
      focus: view.focus,
      selected,
      refining,
      drawAll,
    }),
    [
      lines,
      groups,
      view,
      yLog,
      yFixed,
      yShared,
      domain,
      hiddenGroups,
      hiddenLines,
      selected,
      refining,
      distance,
      isWhole,
      drawAll,
    ],
  )
}
