import { useRef } from 'react'
import { ApiError } from '../../base/api/client'
import { useKeys } from '../../base/keys'
import { stopSearch, type SearchKind } from '../../base/search'
import { isQuery } from '../../base/runQuery'
import { Button, cx, Link } from '../../widgets/basics'
import { onCompletionKey } from './completionKeys'
import { CompletionList } from './CompletionList'
import { offsetOf } from './highlight'
import { PaintedQuery } from './PaintedQuery'
import { QueryError } from './QueryError'
import css from './QueryField.module.css'
import type { Suggestion } from './suggestions'
import { useCompletions } from './useCompletions'
import { useQueryText } from './useQueryText'

/** The list stays this long after the field has lost the focus, for a click on it. */
const BLUR_MS = 150

interface Props {
  readonly value: string
  readonly kind: SearchKind
  readonly error: unknown
  readonly placeholder: string
  readonly onRun: (q: string) => void
}

/** The query field: highlighted, completed from what is logged, its error underlined in place. */
export function QueryField({ value, kind, error, placeholder, onRun }: Props) {
  const input = useRef<HTMLTextAreaElement>(null)
  const completions = useCompletions(kind)
  const { text, setText, ran, run, recall, forgetRecall } = useQueryText(value, kind, (q) => {
    completions.close()
    onRun(q)
  })
  useKeys([
    {
      key: '/',
      does: 'Query field',
      run: () => {
        input.current?.focus()
        input.current?.select()
      },
    },
  ])
  const bad = error instanceof ApiError && error.isQuery && text === ran ? error : null
  const mark = bad && bad.column !== null ? offsetOf(text, bad.line ?? 1, bad.column) : -1
  const accept = (s: Suggestion) => {
    const el = input.current
    if (!el) return
    setText(text.slice(0, s.from) + s.text + text.slice(el.selectionStart))
    completions.close()
    requestAnimationFrame(() => {
      el.focus()
      el.setSelectionRange(s.from + s.text.length, s.from + s.text.length)
    })
  }
  const { list, at } = completions
  return (
    <>
      <div className={css.wrap}>
        <div className={cx(css.box, bad && css.bad)}>
          <PaintedQuery text={text} mark={mark} />
          <textarea
            ref={input}
            className={cx(css.layer, css.input)}
            rows={1}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            aria-label="Query"
            aria-autocomplete="list"
            aria-controls={list.length > 0 ? 'query-list' : undefined}
            aria-activedescendant={at >= 0 ? `query-item-${at}` : undefined}
            aria-invalid={bad ? true : undefined}
            aria-describedby={bad ? 'query-error' : undefined}
            placeholder={placeholder}
            value={text}
            onChange={(e) => {
              // What is typed now is another query: the answer to the last one is not needed any more.
              stopSearch(kind)
              setText(e.target.value)
              completions.ask(e.target.value, e.target.selectionStart)
            }}
            onBlur={() => setTimeout(completions.close, BLUR_MS)}
            onKeyDown={(e) => {
              if (onCompletionKey(e, completions, accept)) return
              if (e.key === 'Enter' && !e.shiftKey) {
                e.preventDefault()
                run(text)
              } else if (e.key === 'Escape') {
                e.stopPropagation()
                if (list.length > 0) completions.close()
                else if (!stopSearch(kind)) input.current?.blur()
              } else if (!recall(e) && e.key !== 'Shift') forgetRecall()
            }}
          />
        </div>
        {bad && (
          <QueryError
            error={bad}
            onSuggestion={(s) => run(replaceAt(text, mark, s))}
            words={kind === 'runs' && !isQuery(text) ? text : null}
            onWords={run}
          />
        )}
        {list.length > 0 && <CompletionList completions={completions} onAccept={accept} />}
      </div>
      <Button primary onClick={() => run(text)}>
        Search ⏎
      </Button>
      <Link to="/help/aimql" className={css.help} title="The query language" aria-label="Help on queries">
        ?
      </Link>
    </>
  )
}

/** The query with the name at `at` replaced; all of it where `at` is negative. */
function replaceAt(text: string, at: number, by: string): string {
  if (at < 0) return by
  const m = /^[\w.]+/.exec(text.slice(at))
  return text.slice(0, at) + by + text.slice(at + (m ? m[0].length : 0))
}
