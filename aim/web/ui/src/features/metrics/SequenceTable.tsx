// One row per sequence, with its value at the crosshair. Hovering fills cells by hand; React only sorts.

import { useCallback, useMemo } from 'react'
import type { MetricRun, MetricSequence } from '../../base/api/types'
import { DIGITS, formatCell } from '../../base/format'
import { currentPlace } from '../../base/route'
import { useSelection } from '../../base/stores'
import { noLogged } from '../../charts/data/logged'
import type { SeriesCache } from '../../charts/data/seriesCache'
import { atText, type XAxis } from '../../charts/layout/axis'
import { parseMetrics, type MetricsView } from '../../parts/curves/metricsAddress'
import type { FoundLine, Model } from '../../parts/curves/metricsModel'
import type { ChangeView } from '../../parts/curves/usePane'
import { Grid } from '../../widgets/grid/Grid'
import { useCrosshair } from './crosshair'
import { extraFields, sequenceColumns } from './sequenceColumns'
import { digitsByMetric, sortedBy, sortedLines } from './sequenceRows'

interface Props {
  readonly model: Model
  readonly view: MetricsView
  readonly runs: Readonly<Record<string, MetricRun>>
  readonly hiddenLines: ReadonlySet<string>
  /** The points of the charts above. */
  readonly cache: SeriesCache
  readonly change: ChangeView
  readonly onHide: (line: MetricSequence) => void
  readonly onPin: (run: string) => void
}

export function SequenceTable({ model, view, runs, change, hiddenLines, cache, onHide, onPin }: Props) {
  const { sort } = view
  const selection = useSelection()
  const lines = useMemo(() => model.charts.flatMap((c) => c.lines), [model])
  const digits = useMemo(() => digitsByMetric(lines), [lines])
  const { x: axis } = view
  const set = useCallback((e: HTMLElement, x: number | null) => setCell(e, x, cache, axis), [cache, axis])
  const { crossX: restX, fill } = useCrosshair(
    'data-cross',
    set,
    sort.some((s) => s.by === 'cross'),
    cache,
  )
  const rows = useMemo(() => sortedLines(lines, sort, restX, cache), [lines, sort, restX, cache])
  const { groups } = model
  const { colour, dash, facets } = view
  const fields = useMemo(() => extraFields({ colour, dash, facets }, runs), [colour, dash, facets, runs])
  const columns = useMemo(
    () => sequenceColumns({ fields, groups, digits, hiddenLines, onHide, fill }),
    [fields, groups, digits, hiddenLines, onHide, fill],
  )
  const reveal = useMemo(
    () => (view.focus ? rows.findIndex((r) => r.sequence.run === view.focus) : null),
    [view.focus, rows],
  )
  const onSort = useCallback(
    (by: string, add: boolean) => change({ sort: sortedBy(parseMetrics(currentPlace().search).view.sort, by, add) }),
    [change],
  )
  return (
    <Grid
      label="Sequences"
      name="sequences"
      columns={columns}
      count={rows.length}
      rowAt={useCallback((i: number) => rows[i], [rows])}
      rowKey={lineRun}
      runOf={lineRun}
      stretch
      sort={sort}
      onSort={onSort}
      selected={selection.runs}
      onToggle={(l) => selection.toggle(l.sequence.run)}
      onOpen={(l) => onPin(l.sequence.run)}
      reveal={reveal}
      version={hiddenLines}
    />
  )
}

const lineRun = (l: FoundLine) => l.sequence.run

const scratch = noLogged()

/** The value last logged at or before `x`; the place where that was, in grey, if it is another. */
function setCell(e: HTMLElement, x: number | null, cache: SeriesCache, axis: XAxis): void {
  const found = x !== null && cache.lastLogged(e.dataset.cross!, x, scratch)
  const digits = Number(e.dataset.digits ?? DIGITS)
  const { value, lo, hi, at } = scratch
  const text =
    x === null
      ? ''
      : !found
        ? '–'
        : lo < hi
          ? `${formatCell(lo, digits)} – ${formatCell(hi, digits)}`
          : formatCell(value, digits)
  const place = found && at !== x ? ` ${atText(axis, at)}` : ''
  const [number, where] = e.children as unknown as [HTMLElement | undefined, HTMLElement | undefined]
  if (!number || !where) {
    e.append(made(text, ''), made(place, 'muted'))
    return
  }
  if (number.textContent !== text) number.textContent = text
  if (where.textContent !== place) where.textContent = place
}

function made(text: string, className: string): HTMLElement {
  const e = document.createElement('span')
  e.className = className
  e.textContent = text
  return e
}
