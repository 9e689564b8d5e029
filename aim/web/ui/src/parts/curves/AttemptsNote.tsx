// How many points are not shown because a later attempt of their run went back over them, and the switch that shows them.

import type { MetricsView } from './metricsAddress'
import { Button } from '../../widgets/basics'
import { plural } from '../../base/format'
import type { ChangeView } from './usePane'
import css from '../../widgets/pages.module.css'

export function AttemptsNote({ hidden, view, change }: { hidden: number; view: MetricsView; change: ChangeView }) {
  if (hidden === 0) return null
  const points = plural(hidden, 'point')
  return view.attempts === 'latest' ? (
    <div className={css.notice} role="note">
      <span>
        <b>{points} of earlier attempts</b> {hidden === 1 ? 'is' : 'are'} hidden: the training went back, and did that
        again.
      </span>
      <Button small onClick={() => change({ attempts: 'all' })}>
        Show all attempts
      </Button>
    </div>
  ) : (
    <div className={css.notice} role="note">
      <span>
        <b>All attempts are shown</b>, with {points} that a later one went back over.
      </span>
      <Button small onClick={() => change({ attempts: 'latest' })}>
        Hide {hidden === 1 ? 'it' : 'them'}
      </Button>
    </div>
  )
}
