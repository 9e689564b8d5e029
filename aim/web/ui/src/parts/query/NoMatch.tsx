import { useQuery } from '@tanstack/react-query'
import { api } from '../../base/api/client'
import { fromTerms, terms } from './highlight'
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
        <p key={h}>{h}</p>
      ))}
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
