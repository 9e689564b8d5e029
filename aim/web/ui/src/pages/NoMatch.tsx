import { useQuery } from '@tanstack/react-query'
import { api } from '../api/client'
import { fromTerms, terms } from '../query/highlight'
import { Button, Empty } from '../ui/basics'
import { formatCount, plural } from '../ui/format'

/** A query that matches nothing: what each of its terms matches alone, and what to drop. */
export function NoMatch({ q, kind, total, hints, onQuery }: { q: string; kind: 'runs' | 'metrics'; total: number; hints: readonly string[]; onQuery: (q: string) => void }) {
  const parts = terms(q)
  const counts = useQuery({
    queryKey: ['terms', q],
    queryFn: async ({ signal }) =>
      Promise.all(parts.terms.map(async (t) => {
        try {
          if (kind === 'metrics') return (await api.metrics(t, 0, signal)).matched_runs
          return (await api.runs({ q: t, sort: [], offset: 0, limit: 0, columns: [] }, signal)).matched
        } catch {
          return null
        }
      })),
    enabled: parts.terms.length > 0 && parts.terms.length <= 8,
    retry: false,
  })
  return (
    <Empty title={`0 of ${formatCount(total)} runs match`}>
      {parts.terms.length > 0 && (
        <table>
          <tbody>
            {parts.terms.map((t, i) => {
              const n = counts.data?.[i]
              return (
                <tr key={i}>
                  <td style={{ padding: '2px 16px 2px 0' }}><code>{t}</code></td>
                  <td className="num" style={{ padding: '2px 16px 2px 0', textAlign: 'right' }}>{n === undefined ? '' : n === null ? '–' : plural(n, 'run')}</td>
                  <td><Button small primary={n === 0} onClick={() => onQuery(fromTerms(parts.head, parts.terms.filter((_, k) => k !== i)))}>Drop this</Button></td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
      {hints.map((h) => <p key={h} className="muted">{h}</p>)}
      <Button onClick={() => onQuery('')}>Clear the query</Button>
    </Empty>
  )
}
