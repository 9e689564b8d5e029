import css from './QueryField.module.css'
import type { Suggestion } from './suggestions'
import type { Completions } from './useCompletions'

interface Props {
  readonly completions: Completions
  readonly onAccept: (s: Suggestion) => void
}

export function CompletionList({ completions: { list, at, setAt }, onAccept }: Props) {
  return (
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
            onAccept(s)
          }}
          onPointerMove={() => setAt(i)}
        >
          <span className="ellipsis">{s.text}</span>
          <small>{s.hint}</small>
        </li>
      ))}
    </ul>
  )
}
