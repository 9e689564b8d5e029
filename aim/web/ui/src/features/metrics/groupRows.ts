// The rows of the table of groups: what the members of a group have in common, per chart. Pure.

import { formatCount } from '../../base/format'
import type { ChartGroup } from '../../charts/layout/model'
import type { SeriesCache } from '../../charts/data/seriesCache'
import { noLogged } from '../../charts/data/logged'
import { compareTexts } from '../../base/order'
import { BROKEN, tInterval, type Interval } from '../../base/statistics'
import type { FoundChart, FoundLine, Model } from '../../parts/curves/metricsModel'
import type { SortState } from '../../widgets/grid/Grid'

export interface GroupRow {
  readonly key: string
  readonly chart: FoundChart
  readonly group: ChartGroup
  /** The lines that count. */
  readonly members: readonly FoundLine[]
  /** Lines of runs that crashed or failed: their last values are of some step on the way. */
  readonly apart: readonly FoundLine[]
  /** Of the last values. */
  readonly last: Interval
  readonly min: number
  readonly max: number
}

export interface MemberRow {
  readonly key: string
  readonly line: FoundLine
  readonly group: ChartGroup
  readonly isApart: boolean
}

export type Row = GroupRow | MemberRow

export const isGroupRow = (row: Row): row is GroupRow => 'members' in row

/** @param isShown Whether a line is drawn. */
export function groupRows(model: Model, isShown: (line: FoundLine) => boolean): GroupRow[] {
  const rows: GroupRow[] = []
  for (const chart of model.charts) {
    const byGroup = new Map<number, FoundLine[]>()
    for (const line of chart.lines) {
      if (!isShown(line)) continue
      const known = byGroup.get(line.group)
      if (known) known.push(line)
      else byGroup.set(line.group, [line])
    }
    const own = [...byGroup].map(([index, lines]) => rowOf(chart, model.groups[index]!, lines))
    rows.push(...own.sort((a, b) => a.group.rank - b.group.rank))
  }
  return rows
}

function rowOf(chart: FoundChart, group: ChartGroup, lines: readonly FoundLine[]): GroupRow {
  const members = lines.filter((l) => !BROKEN.has(l.run.status))
  let min = NaN
  let max = NaN
  for (const { sequence } of members) {
    if (sequence.min !== null && !(sequence.min >= min)) min = sequence.min
    if (sequence.max !== null && !(sequence.max <= max)) max = sequence.max
  }
  return {
    key: `${chart.key}\n${group.key}`,
    chart,
    group,
    members,
    apart: lines.filter((l) => BROKEN.has(l.run.status)),
    last: tInterval(members.map((l) => l.sequence.last ?? NaN)),
    min,
    max,
  }
}

const scratch = noLogged()

/** What the members had last logged at or before `x`. */
export function intervalAt(row: GroupRow, x: number, cache: SeriesCache): Interval {
  const values: number[] = []
  for (const { sequence } of row.members)
    if (cache.lastLogged(sequence.id, x, scratch)) values.push((scratch.lo + scratch.hi) / 2)
  return tInterval(values)
}

/** @param crossX Where the crosshair is; null: nowhere. */
export function sortedGroups(
  rows: readonly GroupRow[],
  sort: readonly SortState[],
  crossX: number | null,
  cache: SeriesCache,
): readonly GroupRow[] {
  if (sort.length === 0) return rows
  const valueOf = (r: GroupRow, by: string): number | string => {
    switch (by) {
      case 'metric':
        return r.chart.key
      case 'n':
        return r.last.n
      case 'last':
        return r.last.mean
      case 'min':
        return r.min
      case 'max':
        return r.max
      case 'apart':
        return r.apart.length
      case 'cross':
        return crossX === null ? NaN : intervalAt(r, crossX, cache).mean
      default:
        return r.group.rank
    }
  }
  const keyed = rows.map((row) => ({ row, values: sort.map((s) => valueOf(row, s.by)) }))
  keyed.sort((a, b) => {
    for (let i = 0; i < sort.length; i++) {
      const d = compare(a.values[i]!, b.values[i]!, sort[i]!.desc)
      if (d !== 0) return d
    }
    return 0
  })
  return keyed.map((k) => k.row)
}

function compare(a: number | string, b: number | string, desc: boolean): number {
  const sign = desc ? -1 : 1
  if (typeof a !== 'number' || typeof b !== 'number') return compareTexts(String(a), String(b)) * sign
  // What has no value comes last, whichever way.
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return (a - b) * sign
}

/** The groups with the members of those that are open. */
export function openedRows(rows: readonly GroupRow[], opened: ReadonlySet<string>): readonly Row[] {
  if (opened.size === 0) return rows
  const member = (row: GroupRow, isApart: boolean) => (line: FoundLine) => ({
    key: line.sequence.run,
    line,
    group: row.group,
    isApart,
  })
  return rows.flatMap((row) =>
    opened.has(row.key) ? [row, ...row.members.map(member(row, false)), ...row.apart.map(member(row, true))] : [row],
  )
}

/** How many lines count, and of how many where some have no value. */
export function countText({ last, members }: Pick<GroupRow, 'last' | 'members'>): string {
  return last.n === members.length ? formatCount(last.n) : `${formatCount(last.n)} of ${formatCount(members.length)}`
}
