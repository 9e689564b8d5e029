// What is over the plot of a chart: that it is loading, failed or shows nothing, and the notes below the x axis.

import { formatCount } from '../../base/format'
import css from '../../charts/Chart.module.css'
import { axisLabel, type XAxis } from '../../charts/layout/axis'
import type { Frames } from '../../charts/data/frames'
import type { ChartNotes } from '../../charts/layout/model'
import { Button, cx } from '../../widgets/basics'

interface Props {
  readonly frames: Frames
  readonly notes: ChartNotes
  /** Why nothing is drawn; empty where something is. */
  readonly nothing: string
  /** The axis of the picture, where that is not the one that was chosen since. */
  readonly oldAxis: XAxis | null
}

export function ChartOver({ frames, notes, nothing, oldAxis }: Props) {
  const { error } = frames
  const isLoading = frames.loading || (oldAxis !== null && frames.refining)
  const resolution = isLoading ? 'loading' : oldAxis === null ? notes.resolution : `still by ${axisLabel(oldAxis)}`
  return (
    <>
      {frames.loading && frames.series.size === 0 && !error && <div className={css.wait} />}
      {error !== null && error !== undefined && (
        <div className={css.over} role="alert">
          {error instanceof Error ? error.message : String(error)}
          <Button small onClick={frames.retry}>
            Retry
          </Button>
        </div>
      )}
      {nothing && !frames.loading && !error && (
        <div className={cx(css.over, css.nothing)} data-nothing="">
          {nothing[0]!.toUpperCase() + nothing.slice(1)}
        </div>
      )}
      <div className={css.notes} data-notes="">
        {notes.nonfinite > 0 && <span title="Marked on the x axis">{formatCount(notes.nonfinite)} not finite</span>}
        {notes.unplaced && (
          <span title="Points that have no place on this axis; they are not drawn">{notes.unplaced}</span>
        )}
        {notes.gaps && <span title="Where more than three times the usual distance has no point">{notes.gaps}</span>}
        {notes.smoothing && <span title="One distance for all lines of this chart">{notes.smoothing}</span>}
        {notes.notPositive && <span>{notes.notPositive}</span>}
        {resolution && <span>{resolution}</span>}
      </div>
    </>
  )
}
