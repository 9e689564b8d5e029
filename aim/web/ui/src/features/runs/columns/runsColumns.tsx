// The columns of the runs table as the grid draws them.

import { useMemo } from 'react'
import { WholeFloat, type Whole } from '../../../base/api/json'
import { numberOf, valueOf, type RunRow, type Spread } from '../../../base/api/types'
import { isField, isMeasured, NAME, measuredFirst, pinnedFirst } from '../../../parts/fields/columnLayout'
import { valueColumn } from '../../../parts/fields/columns'
import { fieldOfColumn } from '../../../parts/fields/runFields'
import type { Column } from '../../../widgets/grid/Grid'
import { heatOf, isWide } from '../../../widgets/heat'
import type { ColumnDigits } from './columnDigits'
import { ColumnMenu, type ColumnActions } from './ColumnMenu'
import { useRunSlot } from '../../../base/runColours'
import { fieldColumn } from './fieldColumns'
import { groupedColumn } from './groupedColumn'
import { groupOf } from '../groups'
import type { CellEdits } from '../useCellEdits'

interface Options extends CellEdits {
  /** All columns but the name, in order. */
  readonly list: readonly string[]
  readonly numeric: ReadonlySet<string>
  readonly booleans: ReadonlySet<string>
  readonly actions: ColumnActions
  readonly readOnly: boolean
  readonly grouped: boolean
  readonly opened: ReadonlySet<string>
  readonly toggleGroup: (key: string) => void
  readonly spreads: ReadonlyMap<string, Spread>
  readonly digits: ColumnDigits
}

export function useRunsColumns(o: Options): Column<RunRow>[] {
  const { list, numeric, booleans, actions, editing, onEdit, save, readOnly, grouped, opened, toggleGroup } = o
  const { spreads, digits } = o
  const slotOfRun = useRunSlot()
  return useMemo(() => {
    const cells = { editing, onEdit, save, readOnly, slotOfRun }
    const heat = new Set(actions.heat)
    const ids = [NAME, ...pinnedFirst(grouped ? measuredFirst(list) : list, actions.pinned)]
    const columns = ids.map((id): Column<RunRow> => {
      const isNumeric = fieldOfColumn(id)?.type === 'duration' || isMeasured(id) || numeric.has(id)
      const column = isField(id) ? fieldColumn(id, cells) : valueColumn(id, isNumeric, digits.get(id), actions.names)
      const spread = heat.has(id) ? spreads.get(id) : undefined
      return {
        ...column,
        ...(id === NAME ? {} : { movable: true, pinned: actions.pinned.includes(id) }),
        ...(spread ? { tint: tintBy(id, spread) } : {}),
        menu: (close) => (
          <ColumnMenu
            id={id}
            title={column.title}
            isNumeric={isNumeric}
            isBool={booleans.has(id)}
            byLog={spread !== undefined && isWide(...endsOf(spread))}
            actions={actions}
            close={close}
          />
        ),
      }
    })
    return grouped ? columns.map((c) => groupedColumn(c, opened, toggleGroup, actions.names)) : columns
  }, [
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
    slotOfRun,
  ])
}

/** Colours of the cells of a column, by where their values lie in its spread. */
function tintBy(id: string, spread: Spread): NonNullable<Column<RunRow>['tint']> {
  const number = (r: RunRow) => (id === '@duration' ? (r.duration ?? undefined) : numberOf(r, id))
  const ends = endsOf(spread)
  return (r) => (groupOf(r) ? null : heatOf(number(r), ...ends))
}

/** Where the colours end: not at outliers, which are shown like the ends. */
function endsOf(spread: Spread): [number | null, number | null] {
  return [asNumber(spread.low ?? spread.min), asNumber(spread.high ?? spread.max)]
}

const asNumber = (v: Whole | null) => (v === null ? null : Number(v))

/** Whether a cell holds more than one value: a list or a dict. */
export function isNested(row: RunRow, column: string): boolean {
  const v = isField(column) ? undefined : valueOf(row, column)
  return typeof v === 'object' && v !== null && !(v instanceof WholeFloat)
}
