// The table of the runs page, and the panel of one run beside it.

import { useCallback } from 'react'
import type { RunRow } from '../../base/api/types'
import { navigate } from '../../base/route'
import { movedBeside } from '../../parts/fields/columnLayout'
import { Grid, type Column } from '../../widgets/grid/Grid'
import { late, useAhead } from '../../widgets/late'
import type { Span } from '../../widgets/grid/window'
import columnsCss from './columns/columns.module.css'
import { groupOf } from './groups'
import type { RunsView } from './runsAddress'
import { isNested } from './columns/runsColumns'
import { EDITABLE, type Editing } from './useCellEdits'

const RunPanel = late(() => import('./RunPanel').then((m) => m.RunPanel))

interface Props {
  readonly view: RunsView
  readonly change: (v: Partial<RunsView>) => void
  readonly onSort: (by: string, add: boolean) => void
  readonly columns: readonly Column<RunRow>[]
  /** All columns but the name, in order. */
  readonly list: readonly string[]
  readonly arrange: (list: readonly string[]) => void
  readonly rows: readonly (RunRow | undefined)[]
  readonly count: number
  readonly onRows: ((span: Span) => void) | undefined
  readonly toggleGroup: (key: string) => void
  readonly marked: ReadonlySet<string>
  readonly onToggle: (row: RunRow, index: number, range: boolean) => void
  readonly onScrolledTop: (atTop: boolean) => void
  readonly readOnly: boolean
  readonly editing: Editing | null
  readonly onEdit: (e: Editing | null) => void
  /** Hash of the run in the panel. */
  readonly panel: string | null
  readonly setPanel: (hash: string | null) => void
}

export function RunsTable(props: Props) {
  const { view, change, list, arrange, rows, onRows, toggleGroup, readOnly, editing, onEdit, panel, setPanel } = props
  useAhead(RunPanel)
  const rowAt = useCallback((i: number) => rows[i], [rows])
  const peek = useCallback(
    (row: RunRow) => {
      if (!groupOf(row)) setPanel(row.hash)
    },
    [setPanel],
  )
  const open = useCallback(
    (row: RunRow, column: string) => {
      const group = groupOf(row)
      if (group) toggleGroup(group.key)
      else if (isNested(row, column)) setPanel(row.hash)
      else navigate(`/runs/${row.hash}`)
    },
    [toggleGroup, setPanel],
  )
  const onMoveColumn = useCallback(
    (from: string, beside: string, after: boolean) => arrange(movedBeside(list, from, beside, after)),
    [list, arrange],
  )
  const onWidth = useCallback(
    (column: string, width: number) => change({ widths: { ...view.widths, [column]: width } }),
    [change, view.widths],
  )
  return (
    <div className={columnsCss.withPanel}>
      <Grid
        label="Runs"
        name="runs"
        columns={props.columns}
        count={props.count}
        rowAt={rowAt}
        rowKey={hashOf}
        runOf={hashOf}
        sort={view.sort}
        onSort={props.onSort}
        {...(onRows ? { onRows } : {})}
        onMoveColumn={onMoveColumn}
        widths={view.widths}
        onWidth={onWidth}
        onPeek={peek}
        onOpen={open}
        onEdit={(row, column) => {
          if (readOnly || groupOf(row) || !EDITABLE.has(column)) return false
          onEdit({ hash: row.hash, column })
          return true
        }}
        selected={props.marked}
        onToggle={props.onToggle}
        onScrolledTop={props.onScrolledTop}
        version={editing}
      />
      {panel !== null && <RunPanel hash={panel} readOnly={readOnly} onClose={() => setPanel(null)} />}
    </div>
  )
}

const hashOf = (r: RunRow) => r.hash
