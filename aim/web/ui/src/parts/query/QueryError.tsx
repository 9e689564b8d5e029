import type { ApiError } from '../../base/api/client'
import { findByWords } from '../../base/runQuery'
import css from './QueryField.module.css'

const SHOWN = 3

interface Props {
  readonly error: ApiError
  readonly onSuggestion: (s: string) => void
  /** What was typed, where it may be words and no query. */
  readonly words: string | null
  readonly onWords: (query: string) => void
}

/** What is wrong with the query, and what may have been meant. */
export function QueryError({ error, onSuggestion, words, onWords }: Props) {
  return (
    <div className={css.message} id="query-error" role="alert">
      {error.message}
      {error.expected ? ` · expected ${error.expected}` : ''}
      {error.suggestions.slice(0, SHOWN).map((s) => (
        <button key={s} type="button" onClick={() => onSuggestion(s)}>
          {s}
        </button>
      ))}
      {words !== null && (
        <button type="button" onClick={() => void findByWords(words).then(onWords)}>
          Search names, tags, params and notes for “{words}”
        </button>
      )}
    </div>
  )
}
