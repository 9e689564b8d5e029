import type { PlacedColumn, SortState } from './column'
import css from './Grid.module.css'
import { HeadCell } from './HeadCell'

interface Props {
  readonly pins: readonly PlacedColumn<unknown>[]
  readonly visible: readonly PlacedColumn<unknown>[]
  readonly pinWidth: number
  readonly width: number
  readonly sort: readonly SortState[] | undefined
  readonly onSort: ((by: string, add: boolean) => void) | undefined
  readonly onResize: (column: string, width: number, done: boolean) => void
  readonly onFit: (column: string) => void
  readonly onMoveColumn: ((column: string, beside: string, after: boolean) => void) | undefined
}

export function GridHead({ pins, visible, pinWidth, width, sort, onSort, onResize, onFit, onMoveColumn }: Props) {
  const cell = (p: PlacedColumn<unknown>) => (
    <HeadCell
      key={p.column.id}
      placed={p}
      sort={sort}
      onSort={onSort}
      onResize={onResize}
      onFit={onFit}
      onMove={onMoveColumn}
    />
  )
  return (
    <div className={css.head} role="row" aria-rowindex={1} style={{ width }}>
      <div className={css.pins} style={{ width: pinWidth }}>
        {pins.map(cell)}
      </div>
      {visible.map(cell)}
    </div>
  )
}
