import { formatCount, plural } from '../../../base/format'
import css from '../../../charts/Chart.module.css'
import type { ChartNotes } from '../../../charts/layout/model'
import type { ChartActions } from '../chartActions'
import { isBroken } from '../chartData'
import type { MetricsView } from '../metricsAddress'
import type { FoundChart } from '../metricsModel'

interface Props {
  readonly chart: FoundChart
  readonly view: MetricsView
  readonly notes: ChartNotes
  readonly actions: ChartActions
}

/**
 * What lines and bands of groups are, and of how many members; and how many of their runs crashed or failed, which a
 * click leaves out or takes in. A row of its own: in the title it would be cut.
 */
export function GroupsNote({ chart, view, notes, actions }: Props) {
  if (!view.aggregate) return null
  const lines = chart.lines.filter(isBroken)
  const broken = new Set(lines.map((l) => l.sequence.run)).size
  const how = [...new Set(lines.map((l) => l.run.status))].sort().join(' or ')
  const all = new Set(chart.lines.map((l) => l.sequence.run)).size
  return (
    <div className={css.groupsNote}>
      <span className="ellipsis" title={notes.aggregate}>
        {notes.aggregate}
      </span>
      {broken > 0 && (
        <button
          type="button"
          title="Runs that crashed or failed ended early or went wrong: they can change the average"
          onClick={() => actions.includeBroken(!view.withBroken)}
        >
          {view.withBroken
            ? `${formatCount(broken)} of ${plural(all, 'run')} ${how} · leave out`
            : `${formatCount(broken)} ${how} left out · include`}
        </button>
      )}
    </div>
  )
}
