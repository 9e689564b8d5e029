import { useQuery } from '@tanstack/react-query'
import { api } from '../../base/api/client'
import { fixesOf } from './fixes'
import { fromTerms, terms } from './highlight'
import { isQuery, wordsOf } from '../../base/runQuery'
import { Button, Empty } from '../../widgets/basics'
import { plural } from '../../base/format'
import css from '../../widgets/pages.module.css'

/** Each term is searched for separately. */
const MOST_TERMS = 8

/** A query that matches nothing: what each of its terms matches alone, what is left without it, and the nearest names. */
export function NoMatch({
  q,
  kind,
  total,
  hints,
  onQuery,
}: {
  q: string
  kind: 'runs' | 'metrics'
  total: number
  hints: readonly string[]
  onQuery: (q: string) => void
}) {
  const parts = terms(q)
  const without = parts.terms.map((_, i) =>
    fromTerms(
      parts.head,
      parts.terms.filter((_, k) => k !== i),
    ),
  )
  const found = useQuery({
    queryKey: ['terms', kind, q],
    queryFn: async ({ signal }) => {
      const count = async (text: string) => {
        try {
          if (kind === 'metrics') return (await api.metrics(text, 0, signal)).matched_runs
          return (await api.runs({ q: text, sort: [], offset: 0, limit: 0, columns: [] }, signal)).matched
        } catch {
          return null
        }
      }
      const alone = await Promise.all(parts.terms.map((t) => count(fromTerms(parts.head, [t]))))
      const left = parts.terms.length > 1 ? await Promise.all(without.map(count)) : []
      return { alone, left }
    },
    enabled: parts.terms.length > 0 && parts.terms.length <= MOST_TERMS,
    retry: false,
  })
  return (
    <Empty title={`0 of ${plural(total, 'run')} match`}>
      {hints.map((h) => (
        <p key={h}>
          {h}{' '}
          {fixesOf(q, h).map((f) => (
            <Button key={f.name} small onClick={() => onQuery(f.query)}>
              Search with {f.name}
            </Button>
          ))}
        </p>
      ))}
      {kind === 'runs' && <FoundWords q={q} onQuery={onQuery} />}
      {parts.terms.length > 1 && (
        <table className={css.terms}>
          <thead>
            <tr>
              <th>Each term alone</th>
              <th />
              <th />
            </tr>
          </thead>
          <tbody>
            {parts.terms.map((t, i) => {
              const n = found.data?.alone[i]
              const left = found.data?.left[i]
              return (
                <tr key={i}>
                  <td>
                    <code>{t}</code>
                  </td>
                  <td className="num">{n === undefined ? '' : n === null ? '–' : plural(n, 'run')}</td>
                  <td>
                    <Button small primary={(left ?? 0) > 0 && n === 0} onClick={() => onQuery(without[i]!)}>
                      <span className="num">Drop this{left ? `: ${plural(left, 'run')}` : ''}</span>
                    </Button>
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
      <Button onClick={() => onQuery('')}>Clear the query</Button>
    </Empty>
  )
}

/** Where the words of a query that is none, or that was made of words, occur; or where they were looked for in vain. */
function FoundWords({ q, onQuery }: { readonly q: string; readonly onQuery: (q: string) => void }) {
  const words = wordsOf(q) ?? (isQuery(q) ? null : q.trim())
  const found = useQuery({
    queryKey: ['words', words],
    queryFn: ({ signal }) => api.words(words!, signal),
    enabled: words !== null && words !== '',
    retry: false,
  })
  if (!words || !found.data) return null
  const { found: places, searched } = found.data
  if (places.length === 0)
    return (
      <p>
        Searched {searched.slice(0, -1).join(', ')} and {searched.at(-1)} for “{words}”.
      </p>
    )
  return (
    <ul className={css.places} aria-label={`Where “${words}” occurs`}>
      {places.map((p) => (
        <li key={p.q}>
          <Button small onClick={() => onQuery(p.q)}>
            {plural(p.runs, 'run')}: {p.what} {p.what === 'param' || p.what === 'tag' ? p.text : ''}
          </Button>{' '}
          <code>{p.q}</code>
        </li>
      ))}
    </ul>
  )
}
