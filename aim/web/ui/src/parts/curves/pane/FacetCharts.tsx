import { Fragment, type ReactNode } from 'react'
import type { FoundChart } from '../metricsModel'
import type { FacetGrid } from './facetGrid'
import css from './pane.module.css'
import { columnWidths, rowHeight } from './sizes'
import type { PaneSize } from './usePaneSize'
import { useSizes } from './useSizes'

/** The column of the rows' heads, CSS px. */
const HEAD = 28
/** A chart of a grid is at least as wide; where they do not fit, the grid scrolls sideways. */
const LEAST = 210

interface Props {
  readonly grid: FacetGrid
  readonly pane: PaneSize
  readonly render: (chart: FoundChart) => ReactNode
}

/** Charts in rows and columns: one value of a field each. */
export function FacetCharts({ grid: { columns, rows }, pane, render }: Props) {
  const { size } = useSizes()
  const width = Math.max(LEAST * columns.length, pane.width - HEAD)
  const widths = columnWidths(width, columns.length, window.devicePixelRatio || 1)
  const height = rowHeight(widths[0]!, rows.length, pane.height - HEAD, size)
  return (
    <div
      className={css.facets}
      style={{
        gridTemplateColumns: `${HEAD}px ${widths.map((w) => `${w}px`).join(' ')}`,
        gridTemplateRows: `${HEAD}px`,
        gridAutoRows: `minmax(${height}px, 1fr)`,
        minHeight: pane.height,
        width: HEAD + width,
      }}
    >
      <div className={css.corner} />
      {columns.map((c) => (
        <div key={c.key} className={css.column} title={c.label}>
          {c.label}
        </div>
      ))}
      {rows.map(({ head, cells }) => (
        <Fragment key={head.key}>
          <div className={css.row} title={head.label}>
            {head.label}
          </div>
          {cells.map((chart, i) =>
            chart ? (
              render(chart)
            ) : (
              <div key={columns[i]!.key} className={css.hole}>
                no run
              </div>
            ),
          )}
        </Fragment>
      ))}
    </div>
  )
}
