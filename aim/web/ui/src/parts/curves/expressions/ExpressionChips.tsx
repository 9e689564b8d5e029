// The expressions of a view, a chip each, and the way to another.

import { FunctionSquare, X } from 'lucide-react'
import type { ExpressionFound } from '../../../base/api/types'
import { Button, cx } from '../../../widgets/basics'
import { Popover } from '../../../widgets/Popover'
import ui from '../../../widgets/ui.module.css'
import { MOST_EXPRESSIONS, type MetricsView } from '../metricsAddress'
import type { ChangeView } from '../usePane'
import css from './Expressions.module.css'
import { ExpressionField } from './ExpressionField'
import { problemOf } from './problems'

interface Props {
  /** In which runs they are computed. */
  readonly q: string
  readonly view: Pick<MetricsView, 'exprs'>
  readonly change: ChangeView
  /** What was found of them; null: nothing yet. */
  readonly found: readonly ExpressionFound[] | null
}

export function ExpressionChips({ q, view: { exprs }, change, found }: Props) {
  const put = (at: number, text: string | null) => {
    const rest = exprs.filter((e, i) => i !== at && e !== text)
    if (text !== null) rest.splice(Math.min(at, rest.length), 0, text)
    change({ exprs: rest })
  }
  return (
    <>
      {exprs.map((text, at) => {
        const of = found?.find((f) => f.text === text)
        // In words it is below the query: see ExpressionFaults.
        const isFaulty = of !== undefined && (problemOf(of, 'curve') !== null || of.matched === 0)
        return (
          <span key={text} className={cx(ui.chip, ui.chipSet)}>
            <Popover
              label="Edit expression"
              trigger={(p) => (
                <button type="button" {...p} title={text} aria-invalid={isFaulty || undefined}>
                  <span className={ui.chipLabel}>ƒ</span>
                  <span className={cx(ui.value, css.text, isFaulty && ui.errText)}>{text}</span>
                </button>
              )}
            >
              {(close) => (
                <ExpressionField
                  q={q}
                  value={text}
                  onApply={(next) => {
                    close()
                    if (next !== text) put(at, next)
                  }}
                />
              )}
            </Popover>
            <button
              type="button"
              className={ui.chipReset}
              aria-label={`Remove expression ${text}`}
              onClick={() => put(at, null)}
            >
              <X size={12} />
            </button>
          </span>
        )
      })}
      {exprs.length < MOST_EXPRESSIONS && (
        <Popover
          label="Add expression"
          trigger={(p) => (
            <Button small {...p}>
              <FunctionSquare size={14} strokeWidth={1.5} /> Expression
            </Button>
          )}
        >
          {(close) => (
            <ExpressionField
              q={q}
              value=""
              onApply={(text) => {
                close()
                put(exprs.length, text)
              }}
            />
          )}
        </Popover>
      )}
    </>
  )
}
