import { Lock } from 'lucide-react'
import { type ReactNode } from 'react'
import { formatCount, formatNumber, plural } from '../../base/format'
import css from '../../charts/Chart.module.css'
import { xText, type XAxis } from '../../charts/layout/axis'
import type { ChartNotes } from '../../charts/layout/model'
import type { ClippedPoint } from '../../charts/data/clipped'
import type { ChartActions } from './chartActions'
import { ClippedChip } from './chips/ClippedChip'
import type { MetricsView } from './metricsAddress'
import type { FoundChart } from './metricsModel'
import type { ChartDomain } from './pane/chartDomains'

/** What a dragged chart carries: its key. */
export const CHART_TYPE = 'application/x-aim-chart'

interface Props {
  readonly chart: FoundChart
  readonly view: MetricsView
  readonly notes: ChartNotes
  readonly isLog: boolean
  readonly isFixed: boolean
  /** What x spans; null where it was zoomed. */
  readonly domain: ChartDomain | null
  /** The heads of a grid say what the runs of the chart have in common. */
  readonly isInGrid: boolean
  readonly actions: ChartActions
  /** The points outside the y range, largest first. */
  readonly clipped: () => readonly ClippedPoint[]
  readonly onDrawAll: () => void
  /** Legend and menu. */
  readonly children: ReactNode
}

export function ChartTitle({
  chart,
  view,
  notes,
  isLog,
  isFixed,
  domain,
  isInGrid,
  actions,
  clipped,
  onDrawAll,
  children,
}: Props) {
  return (
    <div className={css.title}>
      <h2
        title={`${chart.name}: drag to move the chart`}
        className={css.handle}
        draggable
        onDragStart={(e) => {
          e.dataTransfer.setData(CHART_TYPE, chart.key)
          e.dataTransfer.effectAllowed = 'move'
        }}
      >
        {chart.name}
      </h2>
      <span className={css.context} title={chart.context}>
        {[isInGrid ? '' : chart.context, isLog ? 'log' : ''].filter(Boolean).join(' · ')}
      </span>
      {chart.note && (
        <span className={css.common} title={chart.note}>
          {chart.note}
        </span>
      )}
      {(notes.clipped > 0 || notes.bands > 0 || domain?.most) && (
        <div className={css.chips}>
          {domain?.most && <ToEnd domain={domain} view={view} onShow={actions.showToEnd} />}
          {notes.clipped > 0 && !isFixed && (
            <ClippedChip
              count={notes.clipped}
              xAxis={view.x}
              points={clipped}
              onPin={actions.pinRun}
              onShow={actions.showOutliers}
            />
          )}
          {notes.clipped > 0 && isFixed && (
            <button type="button" onClick={() => actions.zoomReset(chart.key)}>
              {formatCount(notes.clipped)} outside · whole range
            </button>
          )}
          {notes.bands > 0 && (
            <button type="button" onClick={onDrawAll}>
              {formatCount(notes.bands)} sequences shown as bands · draw all
            </button>
          )}
        </div>
      )}
      {isFixed && <Lock size={12} aria-label="Fixed y range" />}
      {children}
    </div>
  )
}

/** That a few lines go on beyond the x axis, or that they make the others short; a click shows the other. */
function ToEnd({
  domain: { all, most, beyond },
  view: { x, xToEnd },
  onShow,
}: {
  domain: ChartDomain
  view: MetricsView
  onShow: (all: boolean) => void
}) {
  const end = shortX(x, all[1])
  return xToEnd ? (
    <button
      type="button"
      title={`x goes to the end of the longest run, ${xText(x, all[1])}. All runs but ${formatCount(beyond)} end before ${xText(x, most![1])}`}
      onClick={() => onShow(false)}
    >
      fit to {shortX(x, most![1])}
    </button>
  ) : (
    <button
      type="button"
      title={`${plural(beyond, 'run goes', 'runs go')} on to ${xText(x, all[1])}, more than five times as far as the others: show all`}
      onClick={() => onShow(true)}
    >
      {formatCount(beyond)} to {end} ▸
    </button>
  )
}

function shortX(axis: XAxis, x: number): string {
  if (axis === 'relative_time') return xText(axis, x)
  return x >= 10_000 ? `${formatNumber(x / 1000, 3)}k` : formatNumber(x, 3)
}
