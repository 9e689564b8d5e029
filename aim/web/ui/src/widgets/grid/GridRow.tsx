import { memo, useLayoutEffect, useRef } from 'react'
import { hoverStore } from '../../base/hover'
import { cx } from '../basics'
import type { PlacedColumn } from './column'
import css from './Grid.module.css'
import { drawPlainCells } from './plainCells'

interface Props {
  readonly index: number
  readonly gridId: string
  readonly row: unknown
  readonly run: string | undefined
  readonly top: number
  readonly width: number
  readonly pins: readonly PlacedColumn<unknown>[]
  readonly pinWidth: number
  readonly cells: readonly PlacedColumn<unknown>[]
  readonly activeCol: number
  readonly selected: boolean
  readonly selectable: boolean
  readonly link: boolean
  /** Changes when rows changed that are still the same objects. */
  readonly version: unknown
}

/**
 * One row. Its elements serve one row of the data after another, so a scroll makes none.
 *
 * The pinned cells and the others are apart, so that scrolling to the side draws only what comes into sight.
 */
export const GridRow = memo(function GridRow(props: Props) {
  const { index, gridId, row, run, top, width, pins, pinWidth, cells, activeCol, selected, selectable, link, version } =
    props
  const host = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    // The hover marks elements; this one may have been another run's.
    const e = host.current!
    const hovered = run !== undefined && hoverStore.getState().run === run
    if (e.hasAttribute('data-hover') !== hovered) e.toggleAttribute('data-hover', hovered)
  }, [run])
  return (
    <div
      ref={host}
      className={css.row}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selectable ? selected : undefined}
      data-run={run}
      data-link={link || undefined}
      style={{ top, width }}
    >
      <Pins
        index={index}
        gridId={gridId}
        row={row}
        pins={pins}
        pinWidth={pinWidth}
        activeCol={activeCol < pins.length ? activeCol : -1}
        selected={selected}
        selectable={selectable}
        version={version}
      />
      {cells.map(
        (c) =>
          c.column.render && (
            <RichCell
              key={c.column.id}
              placed={c}
              index={index}
              row={row}
              id={`${gridId}-${index}-${c.index}`}
              active={activeCol === c.index}
              version={version}
            />
          ),
      )}
      <PlainCells row={row} cells={cells} active={activeCol} id={`${gridId}-${index}-${activeCol}`} />
    </div>
  )
})

interface PinsProps extends Pick<
  Props,
  'index' | 'gridId' | 'row' | 'pins' | 'pinWidth' | 'activeCol' | 'selected' | 'selectable' | 'version'
> {}

const Pins = memo(function Pins({ index, gridId, row, pins, pinWidth, activeCol, selected, selectable }: PinsProps) {
  return (
    <div className={css.pins} style={{ width: pinWidth }}>
      {pins.map(({ column, index: i, left, width }) => (
        <div
          key={column.id}
          role={i === 0 ? 'rowheader' : 'gridcell'}
          aria-colindex={i + 1}
          id={`${gridId}-${index}-${i}`}
          className={cx(css.cell, column.align === 'right' && css.right, activeCol === i && css.active)}
          style={{ left, width }}
        >
          {i === 0 && selectable && row !== undefined && (
            <span className={css.checkTarget} data-check="">
              <input
                type="checkbox"
                className={css.check}
                checked={selected}
                readOnly
                tabIndex={-1}
                aria-label="Select"
              />
            </span>
          )}
          {row === undefined ? (
            i === 0 ? (
              <span className="muted" data-missing="">
                …
              </span>
            ) : null
          ) : column.render ? (
            column.render(row, index)
          ) : (
            <span className={css.text}>{column.plain?.(row)}</span>
          )}
        </div>
      ))}
    </div>
  )
})

interface RichProps {
  readonly placed: PlacedColumn<unknown>
  readonly index: number
  readonly row: unknown
  readonly id: string
  readonly active: boolean
  readonly version: unknown
}

const RichCell = memo(function RichCell({
  placed: { column, index: i, left, width },
  index,
  row,
  id,
  active,
}: RichProps) {
  return (
    <div
      role="gridcell"
      aria-colindex={i + 1}
      id={id}
      className={cx(css.cell, column.align === 'right' && css.right, active && css.active)}
      style={{ left, width }}
    >
      {row === undefined ? null : column.render!(row, index)}
    </div>
  )
})

/** Redrawn whenever anything of it changes: it compares by itself what it has to set. */
function PlainCells({
  row,
  cells,
  active,
  id,
}: {
  row: unknown
  cells: readonly PlacedColumn<unknown>[]
  active: number
  id: string
}) {
  const host = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => drawPlainCells(host.current!, row, cells, active, id))
  return <div ref={host} className={css.plains} />
}
