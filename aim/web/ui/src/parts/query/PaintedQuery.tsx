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
    return (
      <span key={i} className={cx(p.kind !== 'text' && p.kind !== 'operator' && css[p.kind], isMarked && css.mark)}>
        {p.text}
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
