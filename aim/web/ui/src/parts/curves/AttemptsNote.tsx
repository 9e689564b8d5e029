// How many points are not shown because a later attempt of their run went back over them, and the switch that shows them.

import type { MetricsView } from './metricsAddress'
import { Button } from '../../widgets/basics'
import { plural } from '../../base/format'
import type { ChangeView } from './usePane'
import css from '../../widgets/pages.module.css'

interface Props {
  readonly hidden: number
  readonly view: Pick<MetricsView, 'attempts'>
  readonly change: ChangeView
}

/** Above what it is of, in whole sentences. */
export function AttemptsNote({ hidden, view, change }: Props) {
  if (hidden === 0) return null
  const points = plural(hidden, 'point')
  return (
    <div className={css.notice} role="note">
      {view.attempts === 'latest' ? (
        <span>
          <b>{points} of earlier attempts</b> {hidden === 1 ? 'is' : 'are'} hidden: the training went back, and did that
          again.
        </span>
      ) : (
        <span>
          <b>All attempts are shown</b>, with {points} that a later one went back over.
        </span>
      )}
      <AttemptsButton {...{ hidden, view, change }} />
    </div>
  )
}

/** The same in few words, for a line that is always there: live runs bring such points while one reads. */
export function AttemptsSwitch({ hidden, view, change }: Props) {
  return (
    <>
      <b className="num">
        {plural(hidden, 'point')} of earlier attempts {view.attempts === 'latest' ? 'hidden' : 'shown'}
      </b>
      <AttemptsButton {...{ hidden, view, change }} />
    </>
  )
}

function AttemptsButton({ hidden, view: { attempts }, change }: Props) {
  return (
    <Button small onClick={() => change({ attempts: attempts === 'latest' ? 'all' : 'latest' })}>
      {attempts === 'latest' ? 'Show all attempts' : `Hide ${hidden === 1 ? 'it' : 'them'}`}
    </Button>
  )
}
