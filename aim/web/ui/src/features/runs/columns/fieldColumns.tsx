// The columns of the fields of a run; some are edited in place.

import type { ReactNode } from 'react'
import type { RunRow } from '../../../base/api/types'
import { formatCount } from '../../../base/format'
import { NAME } from '../../../parts/fields/columnLayout'
import { columnTitle } from '../../../parts/fields/columns'
import { fieldOfColumn, fullText, shortText, valueOfField, type RunField } from '../../../parts/fields/runFields'
import { Link, StatusWord, Swatch, Tag, TagList } from '../../../widgets/basics'
import type { Column } from '../../../widgets/grid/Grid'
import css from '../../../widgets/pages.module.css'
import type { CellEdits } from '../useCellEdits'

interface Cells extends CellEdits {
  readonly readOnly: boolean
  readonly slotOfRun: (run: RunRow) => number
}

export function fieldColumn(id: string, cells: Cells): Column<RunRow> {
  const field = fieldOfColumn(id)!
  const base = { id, title: field.label, width: 104, ...(field.sortable ? { sort: field.name } : {}) }
  switch (id) {
    case NAME:
      return { ...base, width: 250, besides: 64, ...editable(id, cells, 'Rename', (r) => r.name, nameCell(cells)) }
    case '@status':
      return { ...base, text: (r) => r.status, render: (r) => <StatusWord status={r.status} /> }
    case '@description':
      return {
        ...base,
        width: 220,
        ...editable(id, cells, 'Edit the description', (r) => r.description, descriptionCell),
      }
    case '@tags':
      return { ...base, width: 160, ...editable(id, cells, 'Edit tags', (r) => r.tags.join(', '), tagsCell) }
    default:
      return {
        ...base,
        ...(field.type === 'duration' || field.type === 'integer' ? { align: 'right' as const } : {}),
        plain: (r) => shortText(valueOfField(r, field), field),
        text: (r) => copiedText(valueOfField(r, field), field),
      }
  }
}

/** As a cell is copied: durations in seconds. */
function copiedText(value: unknown, field: RunField): string {
  return field.type === 'duration' ? `${String(value ?? '')} s` : fullText(value, field)
}

/** @param pencil The button that starts the editing. */
type Draw = (row: RunRow, pencil: ReactNode) => ReactNode

// Cells are drawn by functions, not by components: a scroll draws thousands of them.
const nameCell =
  (cells: Cells): Draw =>
  (r, pencil) => (
    <span className={css.name}>
      <Swatch slot={cells.slotOfRun(r)} />
      <Link to={`/runs/${r.hash}`}>{r.name || r.hash.slice(0, 8)}</Link>
      {r.lost_points > 0 && (
        <span title={`${formatCount(r.lost_points)} points lost`} style={{ color: 'var(--warn)' }}>
          ⚠
        </span>
      )}
      {pencil}
    </span>
  )

const descriptionCell: Draw = (r, pencil) => (
  <>
    <span className="ellipsis">{r.description}</span>
    {pencil}
  </>
)

const tagsCell: Draw = (r, pencil) => (
  <>
    <span className={css.tags}>
      <TagList tags={r.tags} />
      {r.archived && <Tag>archived</Tag>}
    </span>
    {pencil}
  </>
)

/** Text and drawing of a column whose cells can be edited. `label`: what the editing does. */
function editable(
  id: string,
  { editing, onEdit, save, readOnly }: Cells,
  label: string,
  text: (row: RunRow) => string,
  draw: Draw,
): Pick<Column<RunRow>, 'text' | 'render'> {
  return {
    text,
    render: (r) =>
      editing?.hash === r.hash && editing.column === id ? (
        <CellInput
          key={`${r.hash} ${id}`}
          label={columnTitle(id)}
          text={text(r)}
          onSave={(typed) => save(r, id, typed)}
          onCancel={() => onEdit(null)}
        />
      ) : (
        draw(r, !readOnly && pencil(label, () => onEdit({ hash: r.hash, column: id })))
      ),
  }
}

function pencil(label: string, onClick: () => void): ReactNode {
  return (
    <button
      type="button"
      tabIndex={-1}
      className={css.edit}
      aria-label={label}
      title={`${label} (F2)`}
      onClick={onClick}
    />
  )
}

interface InputProps {
  readonly label: string
  readonly text: string
  readonly onSave: (typed: string) => void
  readonly onCancel: () => void
}

function CellInput({ label, text, onSave, onCancel }: InputProps) {
  return (
    <input
      className={css.inline}
      autoFocus
      aria-label={label}
      defaultValue={text}
      onClick={(e) => e.stopPropagation()}
      onKeyDown={(e) => {
        e.stopPropagation()
        if (e.key === 'Enter') onSave(e.currentTarget.value)
        else if (e.key === 'Escape') onCancel()
      }}
      onBlur={(e) => onSave(e.currentTarget.value)}
    />
  )
}
