// One row per sequence, with its value at the crosshair. Hovering fills cells by hand; React only sorts.

import { useCallback, useEffect, useMemo, useState } from 'react'
import type { MetricSequence } from '../../base/api/types'
import { DIGITS, formatCell } from '../../base/format'
import { hoverStore, inFrame } from '../../base/hover'
import { currentPlace } from '../../base/route'
import { useSelection } from '../../base/stores'
import { noLogged } from '../../charts/data/logged'
import type { SeriesCache } from '../../charts/data/seriesCache'
import { atText, type XAxis } from '../../charts/layout/axis'
import { parseMetrics, type MetricsView } from '../../parts/curves/metricsAddress'
import type { FoundLine, Model } from '../../parts/curves/metricsModel'
import type { ChangeView } from '../../parts/curves/usePane'
import { Grid, type SortState } from '../../widgets/grid/Grid'
import { extraFields, sequenceColumns } from './sequenceColumns'
import { digitsByMetric, sortedLines } from './sequenceRows'

interface Props {
  readonly model: Model
  readonly view: MetricsView
  readonly hiddenLines: ReadonlySet<string>
  /** The points of the charts above. */
  readonly cache: SeriesCache
  readonly change: ChangeView
  readonly onHide: (line: MetricSequence) => void
  readonly onPin: (run: string) => void
}

/** Sorting by the value at the crosshair follows once the pointer has rested. */
const REST_MS = 200

export function SequenceTable({ model, view, change, hiddenLines, cache, onHide, onPin }: Props) {
  const { sort } = view
  const selection = useSelection()
  const lines = useMemo(() => model.charts.flatMap((c) => c.lines), [model])
  const digits = useMemo(() => digitsByMetric(lines), [lines])
  const { crossX, fill } = useCrosshair(
    cache,
    view.x,
    sort.some((s) => s.by === 'cross'),
  )
  const rows = useMemo(() => sortedLines(lines, sort, crossX, cache), [lines, sort, crossX, cache])
  const { groups } = model
  const { colour, dash, facets } = view
  const fields = useMemo(() => extraFields({ colour, dash, facets }), [colour, dash, facets])
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

/** The sort after a click on a column: the other way round where it is sorted by it. */
function sortedBy(sort: readonly SortState[], by: string, add: boolean): readonly SortState[] {
  const at = sort.find((k) => k.by === by)
  const next = { by, desc: at ? !at.desc : by === 'last' || by === 'max' || by === 'points' }
  return add ? [...sort.filter((k) => k.by !== by), next].slice(-3) : [next]
}

/** Fills the cells of values at the crosshair while it moves. `crossX`: where it came to rest, while rows are sorted by it. */
function useCrosshair(cache: SeriesCache, axis: XAxis, isSorted: boolean) {
  const [crossX, setCrossX] = useState<number | null>(null)
  useEffect(() => {
    let timer = 0
    const fillAll = () => {
      const { x } = hoverStore.getState()
      for (const e of document.querySelectorAll<HTMLElement>('[data-cross]')) setCell(e, x, cache, axis)
    }
    return hoverStore.subscribe(() => {
      inFrame(fillAll)
      if (!isSorted) return
      clearTimeout(timer)
      timer = window.setTimeout(() => {
        const { x } = hoverStore.getState()
        if (x !== null) setCrossX(x)
      }, REST_MS)
    })
  }, [cache, axis, isSorted])
  /** A cell that scrolls or sorts into sight is filled at once. */
  const fill = useCallback(
    (e: HTMLElement | null) => {
      if (e) setCell(e, hoverStore.getState().x, cache, axis)
    },
    [cache, axis],
  )
  return { crossX, fill }
}

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
