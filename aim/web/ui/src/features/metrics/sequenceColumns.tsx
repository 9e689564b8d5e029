import { Eye, EyeOff } from 'lucide-react'
import type { RefCallback } from 'react'
import { splitKeys } from '../../base/address'
import type { MetricRun, MetricSequence } from '../../base/api/types'
import { formatCell, formatCount } from '../../base/format'
import type { MetricsView } from '../../parts/curves/metricsAddress'
import { fieldsOf } from '../../parts/curves/grouped/slotFields'
import { fieldText } from '../../parts/curves/grouping'
import { GroupMark } from '../../parts/curves/legend/LineMark'
import type { FoundLine, Model } from '../../parts/curves/metricsModel'
import { contextText } from '../../parts/fields/columns'
import { isGroupField } from '../../parts/fields/runFields'
import { Link, StatusWord } from '../../widgets/basics'
import type { Column } from '../../widgets/grid/Grid'
import css from '../../widgets/pages.module.css'

interface Parts {
  /** Further fields with a column of their own. */
  readonly fields: readonly string[]
  readonly groups: Model['groups']
  /** By metric, the digits that tell its values apart. */
  readonly digits: ReadonlyMap<string, number>
  readonly hiddenLines: ReadonlySet<string>
  readonly onHide: (line: MetricSequence) => void
  /** Is called with each cell of values at the crosshair that comes into the page. */
  readonly fill: RefCallback<HTMLElement>
}

export function sequenceColumns(p: Parts): Column<FoundLine>[] {
  return [...nameColumns(p), ...p.fields.map(fieldColumn), crossColumn(p), ...summaryColumns(p)]
}

function nameColumns({ groups, hiddenLines, onHide }: Parts): Column<FoundLine>[] {
  return [
    {
      id: 'run',
      title: 'Run',
      width: 260,
      sort: 'run',
      render: (l) => (
        <span className={css.name}>
          <HideButton isHidden={hiddenLines.has(l.sequence.id)} onHide={() => onHide(l.sequence)} />
          <GroupMark group={groups[l.group]!} groups={groups} />
          <Link to={`/runs/${l.sequence.run}`}>{l.run.name || l.sequence.run.slice(0, 8)}</Link>
        </span>
      ),
      text: (l) => l.run.name,
    },
    {
      id: 'status',
      title: 'Status',
      width: 104,
      sort: 'status',
      render: (l) => <StatusWord status={l.run.status} />,
    },
    {
      id: 'metric',
      title: 'Metric',
      width: 190,
      sort: 'metric',
      render: (l) => (
        <span className="ellipsis">
          {l.sequence.name} <span className="muted">{contextText(l.sequence.context)}</span>
        </span>
      ),
      text: (l) => `${l.sequence.name} ${contextText(l.sequence.context)}`,
    },
  ]
}

export function HideButton({ isHidden, onHide }: { isHidden: boolean; onHide: () => void }) {
  const Icon = isHidden ? EyeOff : Eye
  return (
    <button
      type="button"
      className={css.eye}
      aria-label={isHidden ? 'Show the line' : 'Hide the line'}
      onClick={onHide}
    >
      <Icon size={14} strokeWidth={1.5} />
    </button>
  )
}

/** What a view groups by, where that is not a column already. */
export function extraFields(
  { colour, dash, facets }: Pick<MetricsView, 'colour' | 'dash' | 'facets'>,
  runs: Readonly<Record<string, MetricRun>>,
): string[] {
  const items = [...splitKeys(colour), ...splitKeys(dash), ...(facets ?? [])]
  const fields = [...new Set(fieldsOf(items, runs).fields)]
  return fields.filter((f) => f.startsWith('params.') || (isGroupField(f) && f !== 'status'))
}

function fieldColumn(field: string): Column<FoundLine> {
  return {
    id: field,
    title: field.replace(/^params\.(hparams\.)?/, ''),
    hint: field,
    width: 110,
    sort: field,
    plain: (l) => fieldText(field, l.sequence, l.run),
  }
}

function crossColumn({ digits, fill }: Parts): Column<FoundLine> {
  return {
    id: 'cross',
    title: 'at or before crosshair',
    hint: 'The value last logged at or before the crosshair. Its step stands behind it where it is another one; two values are the extremes of points that share a pixel.',
    width: Math.max(176, 9 * Math.max(...digits.values()) + 70),
    align: 'right',
    sort: 'cross',
    render: (l) => (
      <span key={l.sequence.id} data-cross={l.sequence.id} data-digits={digits.get(l.sequence.name)} ref={fill} />
    ),
  }
}

function summaryColumns({ digits }: Parts): Column<FoundLine>[] {
  return [
    ...(['last', 'min', 'max'] as const).map((what): Column<FoundLine> => ({
      id: what,
      title: what,
      width: 110,
      align: 'right',
      sort: what,
      plain: (l) => formatCell(l.sequence[what], digits.get(l.sequence.name)),
      text: (l) => String(l.sequence[what] ?? ''),
    })),
    {
      id: 'points',
      title: 'points',
      width: 96,
      align: 'right',
      sort: 'points',
      plain: (l) => formatCount(l.sequence.count),
    },
  ]
}
