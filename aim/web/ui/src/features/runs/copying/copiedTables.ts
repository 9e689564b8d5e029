// The runs table as a table of texts: what stands in a paper, with the digits that the page shows. Pure.

import type { RunRow } from '../../../base/api/types'
import { digitsTelling, formatCell, formatCount, formatDuration, formatNumber, fullNumber } from '../../../base/format'
import type { ParamNames } from '../../../base/paramPath'
import type { TextTable } from '../../../base/tableTexts'
import { isField, isMeasured, NAME, toAddress } from '../../../parts/fields/columnLayout'
import { columnTitle, valueColumn } from '../../../parts/fields/columns'
import { fieldOfColumn, fullText, valueOfField } from '../../../parts/fields/runFields'
import type { ColumnDigits } from '../columns/columnDigits'
import { groupLabel } from '../GroupCells'
import { sharedText, type GroupRow, type Stats } from '../groups'

/**
 * The columns that are copied. Where the page has its usual fields (status, times, tags), these are left out: they stand
 * there unasked. Where the address arranges them, they are copied, too.
 */
export function copiedColumns(list: readonly string[]): string[] {
  return toAddress(list).some(isField) ? [...list] : list.filter((c) => !isField(c))
}

interface Style {
  /** Params that are numbers in every run. */
  readonly numeric: ReadonlySet<string>
  readonly digits: ColumnDigits
  readonly names: ParamNames
}

/** A table of single runs. */
export function runsTable(rows: readonly RunRow[], list: readonly string[], style: Style): TextTable {
  const columns = [NAME, ...copiedColumns(list)].map((id) => runColumn(id, style))
  return {
    titles: columns.map((c) => c.title),
    isNumeric: columns.map((c) => c.isNumeric),
    rows: rows.map((r) => columns.map((c) => c.text(r))),
  }
}

function runColumn(id: string, { numeric, digits, names }: Style) {
  const field = fieldOfColumn(id)
  if (field) {
    const text = (r: RunRow) => (id === NAME && !r.name ? r.hash.slice(0, 8) : fullText(valueOfField(r, field), field))
    return { title: field.label, isNumeric: field.type === 'duration' || field.type === 'integer', text }
  }
  const { title, align, plain } = valueColumn(id, numeric.has(id), digits.get(id), names)
  return { title, isNumeric: align === 'right', text: (r: RunRow) => plain?.(r) ?? '' }
}

/** What a group has in a column: the mean with half of its t interval or both values, and of how many runs if not of all. */
export function meanText(stats: Stats | undefined, members: number): string {
  if (!stats) return '–'
  const { n, mean, half, both } = stats
  const spread = both
    ? ` (${both.map((v) => formatCell(v)).join(', ')})`
    : n > 2
      ? ` ± ${formatNumber(Number(half.toPrecision(2)))}`
      : ''
  const of = n === members ? '' : ` (${formatCount(n)} of ${formatCount(members)})`
  return `${formatCell(mean, digitsTelling(half, Math.abs(mean)))}${spread}${of}`
}

const isMean = (id: string) => isMeasured(id) || fieldOfColumn(id)?.type === 'duration'
const statsKey = (id: string) => (isField(id) ? id.slice(1) : id)

/** A table of groups: what they are grouped by, how many runs each has, then the columns. */
export function groupsTable(groups: readonly GroupRow[], list: readonly string[], names: ParamNames): TextTable {
  const { fields, columns } = partsOf(groups, list, names)
  return {
    titles: [...fields.map((f) => groupLabel(f, names)), 'n', ...columns.map((c) => columnTitle(c, names))],
    isNumeric: [...fields.map((_, i) => isNumbers(groups, i)), true, ...columns.map(isMean)],
    rows: groups.map(({ group }) => [
      ...group.values.map((v) => v.text),
      formatCount(group.members.length),
      ...columns.map((c) => {
        const stats = group.stats.get(statsKey(c))
        if (c === '@duration') return stats ? formatDuration(stats.mean) : '–'
        return isMean(c) ? meanText(stats, group.members.length) : shownText(group, c)
      }),
    ]),
  }
}

/** The same for a program: mean, half of the t interval and n in columns of their own, with every digit. */
export function groupsFile(groups: readonly GroupRow[], list: readonly string[], names: ParamNames): TextTable {
  const { fields, columns } = partsOf(groups, list, names)
  const heads = columns.flatMap((c) => {
    const title = c === '@duration' ? 'duration_s' : columnTitle(c, names)
    return isMean(c) ? [`${title} mean`, `${title} t95 half`, `${title} n`] : [title]
  })
  return {
    titles: [...fields.map((f) => groupLabel(f, names)), 'runs', ...heads],
    isNumeric: [
      ...fields.map((_, i) => isNumbers(groups, i)),
      true,
      ...columns.flatMap((c) => (isMean(c) ? [true, true, true] : [false])),
    ],
    rows: groups.map(({ group }) => [
      ...group.values.map((v) => v.text),
      String(group.members.length),
      ...columns.flatMap((c) => {
        if (!isMean(c)) return [shownText(group, c)]
        const s = group.stats.get(statsKey(c))
        return s ? [fullNumber(s.mean), s.n > 1 ? fullNumber(s.half) : '', String(s.n)] : ['', '', '0']
      }),
    ]),
  }
}

function partsOf(groups: readonly GroupRow[], list: readonly string[], names: ParamNames) {
  const fields = (groups[0]?.group.values ?? []).map((v) => v.field)
  const by = new Set(fields.flatMap((f) => [f, f.replace(/^params\./, '')]))
  // A time of many runs is none; what they are grouped by stands first.
  const columns = copiedColumns(list).filter(
    (c) =>
      fieldOfColumn(c)?.type !== 'time' && ![fieldOfColumn(c)?.name ?? c, names.get(c) ?? c].some((n) => by.has(n)),
  )
  return { fields, columns }
}

function isNumbers(groups: readonly GroupRow[], place: number): boolean {
  return groups.every(({ group }) => /^-?\d/.test(group.values[place]?.text ?? ''))
}

function shownText(group: GroupRow['group'], column: string): string {
  const { text, distinct } = sharedText(group, fieldOfColumn(column)?.name ?? column)
  return distinct === 1 ? text : `${formatCount(distinct)} values`
}
