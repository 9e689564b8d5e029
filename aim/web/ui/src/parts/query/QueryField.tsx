import { useEffect, useMemo, useRef, useState } from 'react'
import { api, ApiError } from '../../base/api/client'
import type { Names } from '../../base/api/types'
import { useKeys } from '../../base/keys'
import { stopSearch } from '../../base/search'
import { storedText, store } from '../../base/stores'
import { Button, cx } from '../../widgets/basics'
import { formatCount } from '../../base/format'
import { inString, offsetOf, pieces, valueBefore, wordBefore, type Asked } from './highlight'
import css from './QueryField.module.css'
import { asQuery } from '../../base/paramPath'

interface Suggestion {
  /** Where in the query it begins. */
  readonly from: number
  readonly text: string
  readonly hint: string
}

interface Props {
  readonly value: string
  readonly kind: 'runs' | 'metrics'
  readonly error: unknown
  readonly placeholder: string
  readonly onRun: (q: string) => void
}

const HISTORY = 30
/** Completions at a time. */
const SHOWN = 10

function readHistory(kind: string): string[] {
  try {
    const kept: unknown = JSON.parse(storedText(`history.${kind}`, '[]'))
    return Array.isArray(kept) ? kept.filter((q): q is string => typeof q === 'string') : []
  } catch {
    return []
  }
}

/** The query field: highlighted, completed from what is logged, its error underlined in place. */
export function QueryField({ value, kind, error, placeholder, onRun }: Props) {
  const [text, setText] = useState(value)
  const [ran, setRan] = useState(value)
  const [list, setList] = useState<readonly Suggestion[]>([])
  const [at, setAt] = useState(-1)
  const input = useRef<HTMLTextAreaElement>(null)
  const timer = useRef(0)
  const asked = useRef<AbortController | null>(null)
  const recalled = useRef(-1)

  // The address changed under the field: back, forward, a link.
  if (value !== ran) {
    setRan(value)
    setText(value)
  }
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      asked.current?.abort()
    },
    [],
  )
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
  const painted = useMemo(() => pieces(text), [text])
  const mark = bad && bad.column !== null ? offsetOf(text, bad.line ?? 1, bad.column) : -1

  /** Closes the list, also the one that is on its way. */
  const closeList = () => {
    clearTimeout(timer.current)
    asked.current?.abort()
    setAt(-1)
    setList([])
  }

  const complete = (q: string, caret: number) => {
    clearTimeout(timer.current)
    asked.current?.abort()
    setAt(-1)
    const { word, from } = wordBefore(q, caret)
    const value = valueBefore(q, caret)
    const names = word.length > 0 && !inString(q, caret)
    if (!value && !names) {
      setList([])
      return
    }
    timer.current = window.setTimeout(() => {
      const control = new AbortController()
      asked.current = control
      const ofValues = value
        ? api.values(value.name, value.typed, control.signal).then((found) => suggestValues(found.values, value))
        : []
      const ofNames = names
        ? api.names(lookup(word), control.signal).then((found) => suggest(found, word, from, kind))
        : []
      Promise.all([ofValues, ofNames]).then(
        // Where a value is asked for, those that it really has come first, and alone if there are any.
        ([values, others]) => setList(values.length > 0 ? values : others),
        () => undefined,
      )
    }, 100)
  }

  const run = (q: string) => {
    closeList()
    const clean = q.trim()
    setText(clean)
    setRan(clean)
    recalled.current = -1
    if (clean)
      store(
        `history.${kind}`,
        JSON.stringify([clean, ...readHistory(kind).filter((h) => h !== clean)].slice(0, HISTORY)),
      )
    onRun(clean)
  }

  const accept = (s: Suggestion) => {
    const el = input.current
    if (!el) return
    const { from } = s
    const next = text.slice(0, from) + s.text + text.slice(el.selectionStart)
    setText(next)
    closeList()
    requestAnimationFrame(() => {
      el.focus()
      el.setSelectionRange(from + s.text.length, from + s.text.length)
    })
  }

  return (
    <>
      <div className={css.wrap}>
        <div className={cx(css.box, bad && css.bad)}>
          <pre className={cx(css.layer, css.paint)} aria-hidden="true">
            {paint(painted, mark)}
            {'\u200b'}
          </pre>
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
              // What is typed now is another question: nobody waits for the answer to the one before.
              stopSearch(kind)
              setText(e.target.value)
              complete(e.target.value, e.target.selectionStart)
            }}
            onBlur={() => setTimeout(closeList, 150)}
            onKeyDown={(e) => {
              if (list.length > 0 && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) {
                e.preventDefault()
                setAt(e.key === 'ArrowDown' ? (at + 1) % list.length : (at < 1 ? list.length : at) - 1)
              } else if (list.length > 0 && (e.key === 'Tab' || (e.key === 'Enter' && at >= 0))) {
                e.preventDefault()
                accept(list[Math.max(0, at)]!)
              } else if (e.key === 'Enter' && !e.shiftKey) {
                e.preventDefault()
                run(text)
              } else if (e.key === 'Escape') {
                e.stopPropagation()
                if (list.length > 0) closeList()
                else if (!stopSearch(kind)) input.current?.blur()
              } else if (
                (e.key === 'ArrowUp' && (text === '' || recalled.current >= 0)) ||
                (e.key === 'ArrowDown' && recalled.current >= 0)
              ) {
                const history = readHistory(kind)
                const next = Math.min(history.length - 1, recalled.current + (e.key === 'ArrowUp' ? 1 : -1))
                e.preventDefault()
                recalled.current = next
                setText(history[next] ?? '')
              } else if (e.key !== 'Shift') recalled.current = -1
            }}
          />
        </div>
        {bad && (
          <div className={css.message} id="query-error" role="alert">
            {bad.message}
            {bad.expected ? ` · expected ${bad.expected}` : ''}
            {bad.suggestions.slice(0, 3).map((s) => (
              <button key={s} type="button" onClick={() => run(replaceAt(text, mark, s))}>
                {s}
              </button>
            ))}
          </div>
        )}
        {list.length > 0 && (
          <ul className={css.list} id="query-list" role="listbox" aria-label="Completions">
            {list.map((s, i) => (
              <li
                key={s.text}
                id={`query-item-${i}`}
                role="option"
                aria-selected={i === at}
                className={css.item}
                onPointerDown={(e) => {
                  e.preventDefault()
                  accept(s)
                }}
                onPointerMove={() => setAt(i)}
              >
                <span className="ellipsis">{s.text}</span>
                <small>{s.hint}</small>
              </li>
            ))}
          </ul>
        )}
      </div>
      <Button primary onClick={() => run(text)}>
        Search ⏎
      </Button>
    </>
  )
}

function paint(list: ReturnType<typeof pieces>, mark: number) {
  let at = 0
  const out = list.map((p, i) => {
    const from = at
    at += p.text.length
    const hit = mark >= from && mark < at
    return (
      <span key={i} className={cx(p.kind !== 'text' && p.kind !== 'operator' && css[p.kind], hit && css.mark)}>
        {p.text}
      </span>
    )
  })
  // The error is at the end: there is nothing to underline but the place itself.
  if (mark >= at)
    out.push(
      <span key="end" className={css.mark}>
        {'\u00a0\u00a0'}
      </span>,
    )
  return out
}

function replaceAt(text: string, at: number, by: string): string {
  if (at < 0) return by
  const m = /^[\w.]+/.exec(text.slice(at))
  return text.slice(0, at) + by + text.slice(at + (m ? m[0].length : 0))
}

const PREFIX = /^(?:run\.(?:params\.)?|params\.|tf:)/
/** Names that need no quotes, see aim/query/language/select.py. */
const PLAIN_NAME = /^(?!(?:.*[^\w])?(?:and|or|not|in|is|if)(?:[^\w]|$))[A-Za-z_]\w*(?:[/.@%-]\w+)*$/

/** What to ask the server for: names as they are logged, without the words of the language before them. */
function lookup(word: string): string {
  return word.replace(PREFIX, '')
}

const nameOf = (v: string | { name?: string; tag?: string }) => (typeof v === 'string' ? v : (v.name ?? v.tag ?? ''))

function suggestValues(values: readonly { value: unknown; count: number }[], asked: Asked): Suggestion[] {
  const out = values.slice(0, SHOWN).map(({ value, count }) => ({
    text: typeof value === 'string' ? JSON.stringify(value) : formatLiteral(value),
    hint: count > 0 ? formatCount(count) : '',
    from: asked.from,
  }))
  return out.length === 1 && out[0]!.text.replace(/^"|"$/g, '') === asked.typed ? [] : out
}

function formatLiteral(value: unknown): string {
  return value === true ? 'True' : value === false ? 'False' : String(value)
}

function suggest(names: Names, word: string, from: number, kind: 'runs' | 'metrics'): Suggestion[] {
  const out: Suggestion[] = []
  const low = word.toLowerCase()
  const bare = lookup(word).toLowerCase()
  const prefix = PREFIX.exec(word)?.[0] ?? ''
  const add = (text: string, hint: string) => {
    if (text !== word && !out.some((o) => o.text === text)) out.push({ text, hint, from })
  }
  if (prefix === 'tf:') {
    if (kind === 'metrics')
      for (const m of names.tf_metrics)
        if (m.name.toLowerCase().includes(bare))
          add(`tf:${PLAIN_NAME.test(m.name) ? m.name : JSON.stringify(m.name)}`, `metric · ${formatCount(m.count)}`)
    return out.slice(0, SHOWN)
  }
  for (const f of names.fields) {
    const n = nameOf(f)
    if (n.toLowerCase().startsWith(low)) add(n, 'field')
  }
  for (const p of names.params)
    if (p.path.toLowerCase().includes(bare))
      add(asQuery(p.path, (prefix || 'run.').slice(0, -1)), `param · ${formatCount(p.count)} runs`)
  if (!prefix && kind === 'metrics')
    for (const m of names.metrics)
      if (m.name.toLowerCase().startsWith(low)) add(m.name, `metric · ${formatCount(m.count)}`)
  if (!prefix) {
    for (const c of names.contexts) {
      if (`context.${c.key}`.startsWith(low)) add(`context.${c.key}`, 'context')
      for (const v of c.values) {
        const t = String(v.value)
        if (t.toLowerCase().startsWith(low))
          add(/^[A-Za-z_]\w*$/.test(t) ? t : JSON.stringify(t), `${c.key} · ${formatCount(v.count)}`)
      }
    }
    for (const e of names.experiments) {
      const n = nameOf(e)
      if (n.toLowerCase().startsWith(low)) add(JSON.stringify(n), 'experiment')
    }
    for (const t of names.tags) {
      const n = nameOf(t)
      if (n.toLowerCase().startsWith(low)) add(JSON.stringify(n), 'tag')
    }
  }
  return out.slice(0, SHOWN)
}
