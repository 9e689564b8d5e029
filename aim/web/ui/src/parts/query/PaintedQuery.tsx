import { useMemo } from 'react'
import { cx } from '../../widgets/basics'
import { pieces } from './highlight'
import css from './QueryField.module.css'

/**
 * The highlighted query, below the transparent text of the field.
 *
 * @param mark Offset of the error, or -1.
 */
export function PaintedQuery({ text, mark }: { readonly text: string; readonly mark: number }) {
  const list = useMemo(() => pieces(text), [text])
  let at = 0
  const spans = list.map((p, i) => {
    const from = at
    at += p.text.length
    const isMarked = mark >= from && mark < at
    const own = cx(p.kind !== 'text' && p.kind !== 'operator' && css[p.kind], isMarked && p.kind !== 'text' && css.mark)
    return (
      <span key={i} className={own}>
        {isMarked && p.kind === 'text' ? <MarkedWord text={p.text} at={mark - from} /> : p.text}
      </span>
    )
  })
  return (
    <pre className={cx(css.layer, css.paint)} aria-hidden="true">
      {spans}
      {/* The error is at the end: only the place itself can be underlined. */}
      {mark >= at && <span className={css.mark}>{'\u00a0\u00a0'}</span>}
      {'\u200b'}
    </pre>
  )
}

/** Plain text in which the word at `at`, or the character there, is underlined. */
function MarkedWord({ text, at }: { readonly text: string; readonly at: number }) {
  const word = /^[\w.]+|^[^]/u.exec(text.slice(at))?.[0] ?? ''
  return (
    <>
      {text.slice(0, at)}
      <span className={css.mark}>{word}</span>
      {text.slice(at + word.length)}
    </>
  )
}
