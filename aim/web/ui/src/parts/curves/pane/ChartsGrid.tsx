import { useCallback, useState, type ReactNode } from 'react'
import { formatCount } from '../../../base/format'
import chartCss from '../../../charts/Chart.module.css'
import { Button } from '../../../widgets/basics'
import type { FoundChart } from '../metricsModel'
import { columnsFor, columnWidths, rowHeight } from './sizes'
import type { PaneSize } from './usePaneSize'
import { useSizes } from './useSizes'

/**
 * Charts put into the page at a time. Each is a card with canvases, and many cost more than their number: 500 took 2 s,
 * 5,000 took 67 s in which the page did not answer.
 */
export const AT_A_TIME = 200

/** How many charts of each section are in the page: a part of them after each search, more when asked for. */
export function useShownCount(search: string): [ReadonlyMap<string, number>, (section: string) => void] {
  const [state, setState] = useState({ search, counts: new Map<string, number>() })
  if (state.search !== search) setState({ search, counts: new Map() })
  const more = useCallback(
    (section: string) =>
      setState((s) => ({
        ...s,
        counts: new Map(s.counts).set(section, (s.counts.get(section) ?? AT_A_TIME) + AT_A_TIME),
      })),
    [],
  )
  return [state.search === search ? state.counts : new Map<string, number>(), more]
}

interface Props {
  readonly charts: readonly FoundChart[]
  /** Charts of the section that has the most: all have columns of one width. */
  readonly most: number
  readonly pane: PaneSize
  /** Few charts share the height of the pane. */
  readonly fills?: boolean
  /** Charts in the page. */
  readonly count: number
  readonly expanded: string | null
  readonly render: (chart: FoundChart) => ReactNode
  readonly onMore: () => void
}

export function ChartsGrid({ charts, most, pane, fills = false, count, expanded, render, onMore }: Props) {
  const sizes = useSizes()
  const columns = columnsFor(most, pane.width, sizes)
  const widths = columnWidths(pane.width, columns, window.devicePixelRatio || 1)
  const rows = Math.ceil(charts.length / columns)
  const height = rowHeight(widths[0]!, fills ? rows : Infinity, pane.height, sizes.size)
  const n = charts.length
  const shown = charts.filter((c, i) => i < count || c.key === expanded)
  return (
    <>
      {count < n && (
        <div className={chartCss.more} data-more="">
          {formatCount(n)} charts, the first {formatCount(count)} of which are below. A pattern under Metrics looks
          through all.
        </div>
      )}
      <div
        className={chartCss.grid}
        data-charts=""
        style={{
          gridTemplateColumns: widths.map((w) => `${w}px`).join(' '),
          gridAutoRows: `minmax(${height}px, ${fills ? '1fr' : 'auto'})`,
          ...(fills ? { minHeight: pane.height } : {}),
        }}
      >
        {shown.map(render)}
      </div>
      {count < n && (
        <div className={chartCss.more} data-more="">
          <span>
            The first {formatCount(count)} of {formatCount(n)} charts
          </span>
          <Button small onClick={onMore}>
            Show {formatCount(Math.min(AT_A_TIME, n - count))} more
          </Button>
        </div>
      )}
    </>
  )
}
