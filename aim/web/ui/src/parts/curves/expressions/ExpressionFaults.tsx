// What is wrong with the expressions of a view, on the page itself: a title is not seen by touch.

import type { ExpressionFound } from '../../../base/api/types'
import pages from '../../../widgets/pages.module.css'
import { offsetOf } from '../../query/highlight'
import type { MetricsView } from '../metricsAddress'
import type { ChangeView } from '../usePane'
import css from './Expressions.module.css'
import { errorText, nothingText, problemOf, replaced } from './problems'

interface Props {
  readonly view: Pick<MetricsView, 'exprs'>
  readonly change: ChangeView
  /** What was found of them; null: nothing yet. */
  readonly found: readonly ExpressionFound[] | null
}

export function ExpressionFaults({ view: { exprs }, change, found }: Props) {
  return exprs.map((text) => {
    const of = found?.find((f) => f.text === text)
    const error = of ? problemOf(of, 'curve') : null
    if (!of || (error === null && of.matched > 0)) return null
    const mark = error?.column ? offsetOf(text, error.line ?? 1, error.column) : -1
    const put = (next: string) => change({ exprs: exprs.map((e) => (e === text ? next : e)) })
    return (
      <div key={text} className={pages.notice} role="note" aria-label={`Expression ${text}`}>
        <span className={error ? css.wrong : undefined}>
          <code>{text}</code> {error ? errorText(error) : nothingText(of)}
        </span>
        {error?.suggestions.slice(0, 3).map((s) => (
          <button key={s} type="button" className={css.suggestion} onClick={() => put(replaced(text, mark, s)[0])}>
            {s}
          </button>
        ))}
      </div>
    )
  })
}
