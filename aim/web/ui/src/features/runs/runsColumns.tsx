// The columns of the runs table as the grid draws them.

import { useMemo, useRef, type ReactNode } from 'react'
import type { Whole } from '../../base/api/json'
import { numberOf, valueOf, type RunRow, type Spread } from '../../base/api/types'
import { slotOf } from '../../base/palette'
import type { Column } from '../../widgets/grid/Grid'
import { Link, StatusPill, Swatch, Tag, TagList } from '../../widgets/basics'
import { formatCount } from '../../base/format'
import { heatOf, isWide } from '../../widgets/heat'
import type { ColumnDigits } from './columnDigits'
import { isField, NAME, pinnedFirst } from '../../parts/fields/columnLayout'
import { ColumnMenu, type ColumnActions } from './ColumnMenu'
import { columnTitle, valueColumn } from '../../parts/fields/columns'
import { fieldOfColumn, fullText, shortText, valueOfField, type RunField } from '../../parts/fields/runFields'
import { GroupCell, groupCellText, GroupName } from './GroupCells'
import { groupOf } from './groups'
import type { Editing } from './useCellEdits'
import css from '../../widgets/pages.module.css'

const asNumber = (v: Whole | null) => (v === null ? null : Number(v))

/** As a cell is copied: durations in seconds. */
function copiedText(value: unknown, field: RunField): string {
  return field.type === 'duration' ? `${String(value ?? '')} s` : fullText(value, field)
}

interface Options {
  /** All columns but the name, in order. */
  readonly list: readonly string[]
  readonly numeric: ReadonlySet<string>
  readonly booleans: ReadonlySet<string>
  readonly actions: ColumnActions
  readonly editing: Editing | null
  readonly onEdit: (e: Editing | null) => void
  readonly save: (row: RunRow, column: string, text: string) => void
  readonly readOnly: boolean
  readonly grouped: boolean
  readonly opened: ReadonlySet<string>
  readonly toggleGroup: (key: string) => void
  readonly spreads: ReadonlyMap<string, Spread>
  readonly digits: ColumnDigits
}

export function useRunsColumns(o: Options): Column<RunRow>[] {
  const {
    list,
    numeric,
    booleans,
    actions,
    editing,
    onEdit,
    save,
    readOnly,
    grouped,
    opened,
    toggleGroup,
    spreads,
    digits,
  } = o
  const slots = useRef(new Map<string, number>())
  return useMemo(() => {
    const slot = (hash: string) => {
      let n = slots.current.get(hash)
      if (n === undefined) slots.current.set(hash, (n = slots.current.size))
      return slotOf(n % 40).slot
    }
    const isEdited = (row: RunRow, column: string) => editing?.hash === row.hash && editing.column === column
    const input = (row: RunRow, column: string, value: string) => (
      <input
        key={`${row.hash} ${column}`}
        className={css.inline}
        autoFocus
        aria-label={columnTitle(column)}
        defaultValue={value}
        onClick={(e) => e.stopPropagation()}
        onKeyDown={(e) => {
          e.stopPropagation()
          if (e.key === 'Enter') save(row, column, e.currentTarget.value)
          else if (e.key === 'Escape') onEdit(null)
        }}
        onBlur={(e) => save(row, column, e.currentTarget.value)}
      />
    )
    const pencil = (row: RunRow, column: string, label: string) =>
      !readOnly && (
        <button
          type="button"
          tabIndex={-1}
          className={css.edit}
          aria-label={label}
          title={`${label} (F2)`}
          onClick={() => onEdit({ hash: row.hash, column })}
        />
      )
    const field = (id: string): Column<RunRow> => {
      const own = fieldOfColumn(id)!
      const base = { id, title: own.label, width: 104, ...(own.sortable ? { sort: own.name } : {}) }
      switch (id) {
        case NAME:
          return {
            ...base,
            width: 250,
            text: (r) => r.name,
            render: (r) =>
              isEdited(r, NAME) ? (
                input(r, NAME, r.name)
              ) : (
                <span className={css.name}>
                  <Swatch slot={slot(r.hash)} />
                  <Link to={`/runs/${r.hash}`}>{r.name || r.hash.slice(0, 8)}</Link>
                  {r.lost_points > 0 && (
                    <span title={`${formatCount(r.lost_points)} points lost`} style={{ color: 'var(--warn)' }}>
                      ⚠
                    </span>
                  )}
                  {pencil(r, NAME, 'Rename')}
                </span>
              ),
          }
        case '@status':
          return { ...base, text: (r) => r.status, render: (r) => <StatusPill status={r.status} /> }
        case '@description':
          return {
            ...base,
            width: 220,
            text: (r) => r.description,
            render: (r) =>
              isEdited(r, id) ? (
                input(r, id, r.description)
              ) : (
                <>
                  <span className="ellipsis">{r.description}</span>
                  {pencil(r, id, 'Edit the description')}
                </>
              ),
          }
        case '@tags':
          return {
            ...base,
            width: 160,
            text: (r) => r.tags.join(', '),
            render: (r) =>
              isEdited(r, id) ? (
                input(r, id, r.tags.join(', '))
              ) : (
                <>
                  <span className={css.tags}>
                    <TagList tags={r.tags} />
                    {r.archived && <Tag>archived</Tag>}
                  </span>
                  {pencil(r, id, 'Edit tags')}
                </>
              ),
          }
        default:
          return {
            ...base,
            ...(own.type === 'duration' || own.type === 'integer' ? { align: 'right' as const } : {}),
            plain: (r) => shortText(valueOfField(r, own), own),
            text: (r) => copiedText(valueOfField(r, own), own),
          }
      }
    }
    const heat = new Set(actions.heat)
    const ids = [NAME, ...pinnedFirst(list, actions.pinned)]
    const plain = ids.map((id): Column<RunRow> => {
      const isNumeric = fieldOfColumn(id)?.type === 'duration' || id.startsWith('metric:') || numeric.has(id)
      const column = isField(id) ? field(id) : valueColumn(id, isNumeric, digits.get(id))
      const spread = heat.has(id) ? spreads.get(id) : undefined
      const number = (r: RunRow) => (id === '@duration' ? (r.duration ?? undefined) : numberOf(r, id))
      return {
        ...column,
        ...(id === NAME ? {} : { movable: true, pinned: actions.pinned.includes(id) }),
        ...(spread
          ? { tint: (r: RunRow) => (groupOf(r) ? null : heatOf(number(r), asNumber(spread.min), asNumber(spread.max))) }
          : {}),
        menu: (close) => (
          <ColumnMenu
            id={id}
            title={column.title}
            isNumeric={isNumeric}
            isBool={booleans.has(id)}
            byLog={spread !== undefined && isWide(asNumber(spread.min), asNumber(spread.max))}
            actions={actions}
            close={close}
          />
        ),
      }
    })
    if (!grouped) return plain
    return plain.map(({ plain: text, tint: _, ...c }): Column<RunRow> => {
      const id = isField(c.id) ? c.id.slice(1) : c.id
      const cellOf = (r: RunRow, i: number): ReactNode =>
        c.render ? c.render(r, i) : <span className="ellipsis">{text?.(r)}</span>
      return {
        ...c,
        // Room for mean ± deviation.
        width: c.id.startsWith('metric:') ? 180 : c.width,
        render: (r, i) => {
          const group = groupOf(r)
          if (group)
            return c.id === NAME ? (
              <GroupName group={group} open={opened.has(group.key)} onToggle={toggleGroup} />
            ) : (
              <GroupCell group={group} column={id} />
            )
          return c.id === NAME ? <span className={css.member}>{cellOf(r, i)}</span> : cellOf(r, i)
        },
        text: (r) => {
          const group = groupOf(r)
          return group ? groupCellText(group, id) : (c.text?.(r) ?? text?.(r) ?? '')
        },
      }
    })
  }, [list, numeric, booleans, actions, editing, onEdit, save, readOnly, grouped, opened, toggleGroup, spreads, digits])
}

/** Whether a cell holds more than one value: a list or a dict. */
export function isNested(row: RunRow, column: string): boolean {
  const v = isField(column) ? undefined : valueOf(row, column)
  return typeof v === 'object' && v !== null
}
