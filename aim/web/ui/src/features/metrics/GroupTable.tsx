// One row per group and chart: how many lines, their mean with its interval, the extremes; open, the lines themselves.

import { useCallback, useMemo, useState } from 'react'
import type { MetricSequence } from '../../base/api/types'
import { formatCell } from '../../base/format'
import { currentPlace } from '../../base/route'
import { useSelection } from '../../base/stores'
import type { SeriesCache } from '../../charts/data/seriesCache'
import { parseMetrics, type MetricsView } from '../../parts/curves/metricsAddress'
import type { FoundLine, Model } from '../../parts/curves/metricsModel'
import { hiddenGroups } from '../../parts/curves/shown/hidden'
import type { ChangeView } from '../../parts/curves/usePane'
import { Grid } from '../../widgets/grid/Grid'
import { useCrosshair } from './crosshair'
import { groupColumns, intervalText } from './groupColumns'
import { groupRows, intervalAt, isGroupRow, openedRows, sortedGroups, type GroupRow, type Row } from './groupRows'
import css from './Metrics.module.css'
import { digitsByMetric, sortedBy } from './sequenceRows'

interface Props {
  readonly model: Model
  readonly view: MetricsView
  readonly change: ChangeView
  readonly hiddenLines: ReadonlySet<string>
  /** The points of the charts above. */
  readonly cache: SeriesCache
  readonly onHide: (line: MetricSequence) => void
  readonly onPin: (run: string) => void
}

const CELL = 'data-cross-row'
const NOTHING: ReadonlySet<string> = new Set()

export function GroupTable({ model, view, change, hiddenLines, cache, onHide, onPin }: Props) {
  const { sort, hide, solo, only, colour, dash } = view
  const selection = useSelection()
  const [opened, setOpened] = useState<ReadonlySet<string>>(NOTHING)
  const onOpen = useCallback(
    (key: string) =>
      setOpened((o) => {
        const next = new Set(o)
        if (!next.delete(key)) next.add(key)
        return next
      }),
    [],
  )
  const groups = useMemo(() => {
    const hidden = hiddenGroups({ hide, solo, colour, dash }, model.groups)
    const runs = only.length > 0 ? new Set(only) : null
    const isShown = (l: FoundLine) =>
      !hiddenLines.has(l.sequence.id) &&
      !hidden.has(model.groups[l.group]!.key) &&
      (runs === null || runs.has(l.sequence.run))
    return groupRows(model, isShown)
  }, [model, hide, solo, only, colour, dash, hiddenLines])
  const byKey = useMemo(() => new Map(groups.map((r) => [r.key, r])), [groups])
  const digits = useMemo(() => digitsByMetric(model.charts.flatMap((c) => c.lines)), [model])
  const set = useCallback((e: HTMLElement, x: number | null) => setCell(e, x, byKey, cache), [byKey, cache])
  const { crossX, fill } = useCrosshair(
    CELL,
    set,
    sort.some((s) => s.by === 'cross'),
    cache,
  )
  const rows = useMemo(
    () => openedRows(sortedGroups(groups, sort, crossX, cache), opened),
    [groups, sort, crossX, cache, opened],
  )
  const columns = useMemo(
    () =>
      groupColumns({
        isDashed: model.groups.some((g) => g.dash > 0),
        opened,
        onOpen,
        hiddenLines,
        onHide,
        digits,
        fill,
      }),
    [model, opened, onOpen, hiddenLines, onHide, digits, fill],
  )
  const { runs: chosen } = selection
  const selected = useMemo(
    () => new Set([...chosen, ...groups.filter((r) => runsOf(r).every((run) => chosen.has(run))).map((r) => r.key)]),
    [chosen, groups],
  )
  const toggleAll = (row: GroupRow) => {
    const own = runsOf(row)
    if (selected.has(row.key)) selection.set([...chosen].filter((run) => !own.includes(run)))
    else selection.add(own)
  }
  const onSort = useCallback(
    (by: string, add: boolean) => change({ sort: sortedBy(parseMetrics(currentPlace().search).view.sort, by, add) }),
    [change],
  )
  return (
    <>
      <div className={css.tableHead}>
        <b>Groups</b>
        <span>last: mean ± half of the 95 % t interval · crashed and failed runs apart</span>
      </div>
      <Grid<Row>
        label="Groups"
        name="groups"
        columns={columns}
        count={rows.length}
        rowAt={useCallback((i: number) => rows[i], [rows])}
        rowKey={rowKey}
        runOf={runOf}
        sort={sort}
        onSort={onSort}
        selected={selected}
        onToggle={(r) => (isGroupRow(r) ? toggleAll(r) : selection.toggle(r.line.sequence.run))}
        onOpen={(r) => (isGroupRow(r) ? onOpen(r.key) : onPin(r.line.sequence.run))}
        version={opened}
      />
    </>
  )
}

const runsOf = (r: GroupRow) => [...r.members, ...r.apart].map((l) => l.sequence.run)
const rowKey = (r: Row) => r.key
const runOf = (r: Row) => (isGroupRow(r) ? '' : r.line.sequence.run)

function setCell(e: HTMLElement, x: number | null, byKey: ReadonlyMap<string, GroupRow>, cache: SeriesCache): void {
  const key = e.getAttribute(CELL)!
  const digits = e.dataset.digits === undefined ? undefined : Number(e.dataset.digits)
  const row = byKey.get(key)
  let text = ''
  if (x !== null) {
    if (row) {
      const at = intervalAt(row, x, cache)
      text = at.n === 0 ? '–' : `${intervalText(at, digits).join('')} · n ${at.n}`
    } else {
      const v = cache.valueAt(key, x)
      text = Number.isNaN(v) ? '–' : formatCell(v, digits)
    }
  }
  if (e.textContent !== text) e.textContent = text
}
