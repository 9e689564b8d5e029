import { Lock } from 'lucide-react'
import { type ReactNode } from 'react'
import { formatCount } from '../../base/format'
import css from '../../charts/Chart.module.css'
import type { ChartNotes } from '../../charts/layout/model'
import type { ChartActions } from './chartActions'
import type { MetricsView } from './metricsAddress'
import type { FoundChart } from './metricsModel'

/** What a dragged chart carries: its key. */
export const CHART_TYPE = 'application/x-aim-chart'

interface Props {
  readonly chart: FoundChart
  readonly view: MetricsView
  readonly notes: ChartNotes
  readonly isLog: boolean
  readonly isFixed: boolean
  readonly actions: ChartActions
  readonly onDrawAll: () => void
  /** Legend and menu. */
  readonly children: ReactNode
}

export function ChartTitle({ chart, view, notes, isLog, isFixed, actions, onDrawAll, children }: Props) {
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
        {[chart.context, aggregateText(view), isLog ? 'log' : ''].filter(Boolean).join(' · ')}
      </span>
      {(notes.clipped > 0 || notes.bands > 0) && (
        <div className={css.chips}>
          {notes.clipped > 0 && !isFixed && (
            <button type="button" onClick={actions.showOutliers}>
              {formatCount(notes.clipped)} clipped · show
            </button>
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

function aggregateText({ aggregate }: MetricsView): string {
  if (!aggregate) return ''
  return aggregate.band === 'none' ? aggregate.line : `${aggregate.line} and ${aggregate.band}`
}
