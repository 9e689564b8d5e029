import { ChevronDown, ChevronRight } from 'lucide-react'
import type { RefCallback } from 'react'
import type { MetricSequence } from '../../base/api/types'
import { digitsTelling, formatCell, formatNumber, plural } from '../../base/format'
import type { Interval } from '../../base/statistics'
import { LineMark } from '../../parts/curves/legend/LineMark'
import { contextText } from '../../parts/fields/columns'
import { Link, StatusWord, Swatch } from '../../widgets/basics'
import type { Column } from '../../widgets/grid/Grid'
import css from '../../widgets/pages.module.css'
import { countText, isGroupRow, type GroupRow, type Row } from './groupRows'
import { HideButton } from './sequenceColumns'

interface Parts {
  /** Whether lines differ in dashes. */
  readonly isDashed: boolean
  readonly opened: ReadonlySet<string>
  readonly onOpen: (key: string) => void
  readonly hiddenLines: ReadonlySet<string>
  readonly onHide: (line: MetricSequence) => void
  /** By metric, the digits that tell its values apart. */
  readonly digits: ReadonlyMap<string, number>
  /** Is called with each cell of values at the crosshair that comes into the page. */
  readonly fill: RefCallback<HTMLElement>
}

export function groupColumns({ isDashed, opened, onOpen, hiddenLines, onHide, digits, fill }: Parts): Column<Row>[] {
  const digitsOf = (row: Row) => digits.get(isGroupRow(row) ? row.chart.metric : row.line.sequence.name)
  const extreme = (what: 'min' | 'max'): Column<Row> => ({
    id: what,
    title: what,
    hint:
      what === 'min' ? 'The lowest value of any member, at any step' : 'The highest value of any member, at any step',
    width: 104,
    align: 'right',
    sort: what,
    plain: (r) => formatCell(isGroupRow(r) ? nullable(r[what]) : r.line.sequence[what], digitsOf(r)),
  })
  return [
    {
      id: 'run',
      title: 'Group',
      width: 280,
      sort: 'run',
      render: (r) =>
        isGroupRow(r) ? (
          <GroupCell row={r} isDashed={isDashed} isOpen={opened.has(r.key)} onOpen={onOpen} />
        ) : (
          <span className={css.member}>
            <span className={css.name}>
              <HideButton isHidden={hiddenLines.has(r.line.sequence.id)} onHide={() => onHide(r.line.sequence)} />
              <Link to={`/runs/${r.line.sequence.run}`}>{r.line.run.name || r.line.sequence.run.slice(0, 8)}</Link>
            </span>
          </span>
        ),
      text: (r) => (isGroupRow(r) ? r.group.title : r.line.run.name),
    },
    {
      id: 'metric',
      title: 'Metric',
      width: 160,
      sort: 'metric',
      render: (r) => {
        const [name, context] = isGroupRow(r)
          ? [r.chart.name, r.chart.context]
          : [r.line.sequence.name, contextText(r.line.sequence.context)]
        return (
          <span className="ellipsis">
            {name} <span className="muted">{context}</span>
          </span>
        )
      },
      text: (r) => (isGroupRow(r) ? `${r.chart.name} ${r.chart.context}` : r.line.sequence.name),
    },
    {
      id: 'n',
      title: 'n',
      hint: 'How many lines have a last value that is finite, and of how many if not of all; without crashed and failed runs',
      width: 72,
      align: 'right',
      sort: 'n',
      plain: (r) => (isGroupRow(r) ? countText(r) : ''),
    },
    {
      id: 'last',
      title: 'last',
      hint: 'Of the last values: mean ± half of the 95 % t interval',
      width: 170,
      align: 'right',
      sort: 'last',
      render: (r) =>
        isGroupRow(r) ? (
          <IntervalCell of={r.last} values={r.members.map((l) => l.sequence.last)} digits={digitsOf(r)} />
        ) : (
          <span>{formatCell(r.line.sequence.last, digitsOf(r))}</span>
        ),
      text: (r) =>
        isGroupRow(r)
          ? `mean ${r.last.mean}, half of the 95 % t interval ${r.last.half}, n ${r.last.n}`
          : String(r.line.sequence.last ?? ''),
    },
    extreme('min'),
    extreme('max'),
    {
      id: 'cross',
      title: 'at or before crosshair',
      hint: 'Of what was last logged at or before the crosshair: mean ± half of the 95 % t interval, and how many members have a value',
      width: 210,
      align: 'right',
      sort: 'cross',
      render: (r) => (
        <span
          key={r.key}
          data-cross-row={isGroupRow(r) ? r.key : r.line.sequence.id}
          data-digits={digitsOf(r)}
          ref={fill}
        />
      ),
    },
    {
      id: 'apart',
      title: 'apart',
      hint: 'Runs that crashed or failed: they are not in n, mean, min and max',
      width: 120,
      sort: 'apart',
      render: (r) => (isGroupRow(r) ? <Apart row={r} /> : <StatusWord status={r.line.run.status} />),
      text: (r) => (isGroupRow(r) ? apartText(r) : r.line.run.status),
    },
  ]
}

const nullable = (v: number) => (Number.isNaN(v) ? null : v)

interface CellProps {
  readonly row: GroupRow
  readonly isDashed: boolean
  readonly isOpen: boolean
  readonly onOpen: (key: string) => void
}

function GroupCell({ row, isDashed, isOpen, onOpen }: CellProps) {
  const Icon = isOpen ? ChevronDown : ChevronRight
  return (
    <span className={css.groupName} title={row.group.title}>
      <button
        type="button"
        tabIndex={-1}
        className={css.groupToggle}
        aria-expanded={isOpen}
        aria-label={`${isOpen ? 'Close' : 'Open'} ${row.group.title}`}
        onClick={(e) => {
          e.stopPropagation()
          onOpen(row.key)
        }}
      >
        <Icon size={14} strokeWidth={1.5} />
      </button>
      {isDashed ? <LineMark group={row.group} /> : <Swatch slot={row.group.slot} />}
      <span className="ellipsis" title={row.group.title}>
        {row.group.title}
      </span>
    </span>
  )
}

/** A mean with half of its interval, in digits that the interval deserves. */
export function intervalText({ n, mean, half }: Interval, digits?: number): readonly [string, string] {
  if (n === 0) return ['–', '']
  if (n === 1 || Number.isNaN(half)) return [formatCell(mean, digits), '']
  return [formatCell(mean, digitsTelling(half, Math.abs(mean))), ` ± ${formatNumber(Number(half.toPrecision(2)))}`]
}

function IntervalCell({
  of,
  values,
  digits,
}: {
  of: Interval
  values: readonly (number | null)[]
  digits: number | undefined
}) {
  // An interval of two values is wider than what it is of: both say more.
  if (of.n === 2) {
    const both = values.filter((v): v is number => v !== null && Number.isFinite(v))
    return (
      <span title="Two values: both are shown in place of an interval">
        {both.map((v) => formatCell(v, digits)).join(', ')}
      </span>
    )
  }
  const [mean, half] = intervalText(of, digits)
  return (
    <span title={of.n === 1 ? 'One value has no interval' : undefined}>
      {mean}
      <span className="muted">{half}</span>
    </span>
  )
}

export function apartText({ apart }: GroupRow): string {
  const counts = new Map<string, number>()
  for (const l of apart) counts.set(l.run.status, (counts.get(l.run.status) ?? 0) + 1)
  return [...counts].map(([status, n]) => `${n} ${status}`).join(', ')
}

function Apart({ row }: { row: GroupRow }) {
  return row.apart.length === 0 ? null : (
    <span className="muted" title={`${plural(row.apart.length, 'run')} not counted`}>
      {apartText(row)}
    </span>
  )
}
