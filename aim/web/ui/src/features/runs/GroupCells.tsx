// The cells of a group's row, and the choice of what to group by.

import { isMeasured } from '../../parts/fields/columnLayout'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { numberOf, type ColumnsResult, type Status } from '../../base/api/types'
import { StatusWord } from '../../widgets/basics'
import {
  digitsTelling,
  formatAgo,
  formatCell,
  formatCount,
  formatDuration,
  formatNumber,
  plural,
} from '../../base/format'
import { BROKEN } from '../../base/statistics'
import type { ParamNames } from '../../base/paramPath'
import { MenuItem, MenuTitle } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'
import {
  fieldNamed,
  fieldOfColumn,
  GROUP_FIELDS,
  noneOf,
  valueOfField,
  type RunField,
} from '../../parts/fields/runFields'
import { groupText, pathOf, sharedText, type RunGroup, type Stats } from './groups'
import css from '../../widgets/pages.module.css'

/** A field as a person calls it. */
export function groupLabel(field: string, names: ParamNames): string {
  return names.get(field) ?? names.get(field.replace(/^params\./, '')) ?? fieldNamed(field)?.label ?? field
}

export function GroupName({
  group,
  names,
  open,
  onToggle,
}: {
  group: RunGroup
  names: ParamNames
  open: boolean
  onToggle: (key: string) => void
}) {
  const label = group.values.map((v) => `${groupLabel(v.field, names)} ${v.text}`).join(' · ')
  const Icon = open ? ChevronDown : ChevronRight
  return (
    <span className={css.groupName} title={label}>
      <button
        type="button"
        tabIndex={-1}
        className={css.groupToggle}
        aria-expanded={open}
        aria-label={`${open ? 'Close' : 'Open'} ${label}`}
        onClick={() => onToggle(group.key)}
      >
        <Icon size={14} strokeWidth={1.5} />
      </button>
      <span className="ellipsis">
        {group.values
          .map((v) => (fieldNamed(v.field) ? v.text : `${groupLabel(v.field, names)} ${v.text}`))
          .join(' · ')}
      </span>
      <span className="muted num" style={{ fontWeight: 400 }}>
        × {formatCount(group.members.length)}
      </span>
    </span>
  )
}

/** How far the mean may be off, in words. */
function spreadText({ n, half, both }: Stats): string {
  if (both) return `of ${both.join(' and ')}, `
  return n > 2 ? `half of the 95 % t interval ${half}, ` : ''
}

function brokenText({ members }: RunGroup): string {
  const n = members.filter((m) => BROKEN.has(m.status)).length
  return n > 0 ? `; ${plural(n, 'run')} that crashed or failed not counted` : ''
}

export function groupCellText(group: RunGroup, column: string, names: ParamNames): string {
  if (column === 'name')
    return `${group.values.map((v) => `${groupLabel(v.field, names)}=${v.text}`).join(' ')}: ${formatCount(group.members.length)} runs`
  const stats = group.stats.get(column)
  if (stats)
    return `mean ${stats.mean}, ${spreadText(stats)}${formatCount(stats.n)} of ${formatCount(group.members.length)} runs${brokenText(group)}`
  if (isMeasured(column) || fieldOfColumn(`@${column}`)?.type === 'time') return ''
  const { text, distinct } = sharedText(group, column)
  return distinct === 1 ? text : [...new Set(group.members.map((m) => groupText(m, column)))].slice(0, 20).join(', ')
}

export function GroupCell({ group, column }: { group: RunGroup; column: string }) {
  const stats = group.stats.get(column)
  const field = fieldOfColumn(`@${column}`)
  if (field?.type === 'duration') return <>{stats ? formatDuration(stats.mean) : '–'}</>
  if (field?.type === 'time') return <span className="ellipsis">{formatAgo(newestOf(group, field))}</span>
  if (isMeasured(column)) {
    const { members } = group
    // Values that are not finite are in no mean: so that a seed that diverged is seen, the cell says of how many it is.
    const hasValue = stats !== undefined || members.some((r) => numberOf(r, column) !== undefined)
    if (!stats)
      return (
        <span className="ellipsis">
          –{hasValue && <span className="muted"> 0 of {formatCount(members.length)}</span>}
        </span>
      )
    return (
      <span className="ellipsis">
        {formatCell(stats.mean, digitsTelling(stats.half, Math.abs(stats.mean)))}
        {stats.n > 2 && <span className="muted"> ± {formatNumber(Number(stats.half.toPrecision(2)))}</span>}
        {stats.both && <span className="muted"> ({stats.both.map((v) => formatCell(v)).join(', ')})</span>}
        {stats.n !== members.length && (
          <span className="muted">
            {' '}
            {formatCount(stats.n)} of {formatCount(members.length)}
          </span>
        )}
      </span>
    )
  }
  const { text, distinct } = sharedText(group, column)
  if (field?.type === 'status' && distinct === 1) return <StatusWord status={text as Status} />
  if (field?.type === 'texts' && text === noneOf(field) && distinct === 1) return null
  return distinct === 1 ? (
    <span className="ellipsis">{text}</span>
  ) : (
    <span className="muted">{formatCount(distinct)} values</span>
  )
}

/** The latest time of a field in a group; null where no member has one. */
function newestOf(group: RunGroup, field: RunField): number | null {
  const times = group.members.map((m) => valueOfField(m, field)).filter((t): t is number => typeof t === 'number')
  return times.length > 0 ? Math.max(...times) : null
}

export function GroupPicker({
  data,
  value: fields,
  onChange,
}: {
  data: ColumnsResult | undefined
  value: readonly string[]
  onChange: (v: string[]) => void
}) {
  const [text, setText] = useState('')
  const paths = (data?.params ?? []).map((p) => p.path)
  const value = fields.map((f) => pathOf(f, paths))
  const params = (data?.params ?? []).filter((p) => p.distinct > 1 || value.includes(p.path))
  const options = [
    ...GROUP_FIELDS.map((f) => ({ id: f.name, label: f.label, hint: '' })),
    ...params.map((p) => ({
      id: p.path,
      label: p.name ?? p.path,
      hint: `${p.distinct >= 100 ? '100+' : p.distinct} values`,
    })),
  ]
  const shown = options.filter((o) => `${o.id} ${o.label}`.toLowerCase().includes(text.toLowerCase()))
  return (
    <>
      <MenuTitle>Mean ± half of its 95 % interval per group of</MenuTitle>
      {options.length > 9 && (
        <input
          className={ui.input}
          placeholder="Find"
          aria-label="Find a column"
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
      )}
      <div style={{ maxHeight: 300, overflow: 'auto' }}>
        {shown.map((o) => (
          <MenuItem
            key={o.id}
            checked={value.includes(o.id)}
            many
            hint={o.hint || undefined}
            onSelect={() => onChange(value.includes(o.id) ? value.filter((v) => v !== o.id) : [...value, o.id])}
          >
            {o.label}
          </MenuItem>
        ))}
        {shown.length === 0 && <MenuTitle>No matches</MenuTitle>}
      </div>
    </>
  )
}
