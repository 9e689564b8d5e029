import { useEffect, useRef, useState } from 'react'
import { api, ApiError } from '../../../base/api/client'
import type { ExpressionFound } from '../../../base/api/types'
import { plural } from '../../../base/format'
import { Button, cx } from '../../../widgets/basics'
import { onCompletionKey } from '../../query/completionKeys'
import { CompletionList } from '../../query/CompletionList'
import { offsetOf } from '../../query/highlight'
import { PaintedQuery } from '../../query/PaintedQuery'
import field from '../../query/QueryField.module.css'
import type { Suggestion } from '../../query/suggestions'
import css from './Expressions.module.css'
import { errorText, nothingText, problemOf, replaced, type ExpressionKind } from './problems'
import { useExpressionCompletions } from './useExpressionCompletions'

const CHECK_MS = 250

interface Props {
  /** In which runs it is computed. */
  readonly q: string
  readonly value: string
  readonly kind?: ExpressionKind
  readonly onApply: (text: string) => void
}

/** One expression: checked while it is typed, its error underlined in place. */
export function ExpressionField({ q, value, kind = 'curve', onApply }: Props) {
  const input = useRef<HTMLTextAreaElement>(null)
  const [text, setText] = useState(value)
  const completions = useExpressionCompletions()
  const { found: last, check } = useCheck(q, text)
  // What was said of an earlier text: how much it gave is still of use, where it was wrong is not.
  const found = text.trim() && (last?.text === text.trim() || !last?.error) ? last : null
  const { list, at } = completions
  const error = found && problemOf(found, kind)
  const mark = error?.column ? offsetOf(text, error.line ?? 1, error.column) : -1
  const edit = (next: string, caret: number) => {
    setText(next)
    requestAnimationFrame(() => {
      input.current?.focus()
      input.current?.setSelectionRange(caret, caret)
    })
  }
  const accept = (s: Suggestion) => {
    const caret = input.current?.selectionStart ?? text.length
    completions.close()
    edit(text.slice(0, s.from) + s.text + text.slice(caret), s.from + s.text.length)
  }
  const apply = () => {
    completions.close()
    const wanted = text.trim()
    if (wanted) void check(wanted).then((answer) => answer && problemOf(answer, kind) === null && onApply(wanted))
  }
  return (
    <form
      className={css.form}
      onSubmit={(e) => {
        e.preventDefault()
        apply()
      }}
    >
      <div className={field.wrap}>
        <div className={cx(field.box, error && field.bad)}>
          <PaintedQuery text={text} mark={mark} />
          <textarea
            ref={input}
            className={cx(field.layer, field.input)}
            rows={1}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            aria-label="Expression"
            aria-autocomplete="list"
            aria-controls={list.length > 0 ? 'query-list' : undefined}
            aria-activedescendant={at >= 0 ? `query-item-${at}` : undefined}
            aria-invalid={error ? true : undefined}
            aria-describedby="expression-said"
            placeholder={kind === 'curve' ? 'loss.val - loss.train' : 'last(loss.val) - last(loss.train)'}
            value={text}
            onChange={(e) => {
              setText(e.target.value)
              completions.ask(e.target.value, e.target.selectionStart)
            }}
            onBlur={completions.close}
            onKeyDown={(e) => {
              if (onCompletionKey(e, completions, accept)) return
              if (e.key === 'Enter' && !e.shiftKey) {
                e.preventDefault()
                apply()
              }
            }}
          />
        </div>
        {list.length > 0 && <CompletionList completions={completions} onAccept={accept} />}
      </div>
      <div className={css.row}>
        <Said found={found} kind={kind} onSuggestion={(s) => edit(...replaced(text, mark, s))} />
        <Button primary type="submit" disabled={!text.trim()}>
          {kind === 'curve' ? 'Draw' : 'Add'}
        </Button>
      </div>
    </form>
  )
}

const HINTS = {
  curve: 'Metrics, params, + - * / **, ema(loss, 45), log, diff, first, last …',
  column: 'One number of each run: last(loss.val), min, max, mean, at(loss, 1000), params …',
}

/** What the server says of the expression: what is wrong with it, or how much it gives. */
function Said({
  found,
  kind,
  onSuggestion,
}: {
  found: ExpressionFound | null
  kind: ExpressionKind
  onSuggestion: (s: string) => void
}) {
  const error = found && problemOf(found, kind)
  return (
    <div id="expression-said" className={cx(css.said, error && css.wrong)} role="status">
      {error ? (
        <>
          {errorText(error)}
          {error.suggestions.slice(0, 3).map((s) => (
            <button key={s} type="button" onClick={() => onSuggestion(s)}>
              {s}
            </button>
          ))}
        </>
      ) : found ? (
        found.matched > 0 ? (
          plural(kind === 'curve' ? found.matched : found.runs, kind === 'curve' ? 'curve' : 'run')
        ) : (
          nothingText(found)
        )
      ) : (
        HINTS[kind]
      )}
    </div>
  )
}

/** What the server says of a text, a moment after it was typed. */
function useCheck(q: string, text: string) {
  const [found, setFound] = useState<ExpressionFound | null>(null)
  const latest = useRef<AbortController | null>(null)
  const check = async (wanted: string): Promise<ExpressionFound | null> => {
    latest.current?.abort()
    const control = (latest.current = new AbortController())
    try {
      const answer = (await api.metrics(q, 0, control.signal, undefined, [wanted])).expressions?.[0] ?? null
      if (!control.signal.aborted) setFound(answer)
      return answer
    } catch (e) {
      if (control.signal.aborted) return null
      const message = e instanceof ApiError ? e.message : String(e)
      const error = { message, line: null, column: null, expected: null, suggestions: [] }
      setFound({ text: wanted, is_number: false, matched: 0, runs: 0, shown: 0, hints: [], error })
      return null
    }
  }
  const ask = useRef(check)
  ask.current = check
  useEffect(() => {
    const wanted = text.trim()
    if (!wanted) return
    const timer = setTimeout(() => void ask.current(wanted), CHECK_MS)
    return () => clearTimeout(timer)
  }, [text, q])
  useEffect(() => () => latest.current?.abort(), [])
  return { found, check }
}
