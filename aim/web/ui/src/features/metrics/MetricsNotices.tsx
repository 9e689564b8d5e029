// What the metrics page says of its result, above the charts. What comes and goes while one reads is in the StatusLine.

import { useMemo, type ReactNode } from 'react'
import type { MetricsResult } from '../../base/api/types'
import { formatCount } from '../../base/format'
import { AttemptsNote } from '../../parts/curves/AttemptsNote'
import type { MetricsView } from '../../parts/curves/metricsAddress'
import type { ChangeView } from '../../parts/curves/usePane'
import { withTerm } from '../../parts/query/filterTerms'
import { Button } from '../../widgets/basics'
import css from '../../widgets/pages.module.css'
import { LIMIT_MORE, type MetricsSearch } from './metricsSearch'

interface Props {
  readonly found: MetricsSearch
  readonly view: MetricsView
  readonly change: ChangeView
  /** What the address names and the runs do not have. */
  readonly missing: readonly string[]
}

export function MetricsNotices({ found, view, change, missing }: Props) {
  const { data, sequences } = found
  const hiddenPoints = useMemo(() => sequences.reduce((n, s) => n + s.hidden_points, 0), [sequences])
  return (
    <div className={css.notices}>
      {missing.length > 0 && (
        <Notice role="note">
          <b>In the address, but not in these runs:</b> {missing.join(', ')}
        </Notice>
      )}
      {data?.truncated && <TruncatedNote found={found} onNarrow={(term) => change({ q: withTerm(view.q, term) })} />}
      <AttemptsNote hidden={hiddenPoints} view={view} change={change} />
    </div>
  )
}

function Notice({ role, children }: { role?: 'note' | 'status'; children: ReactNode }) {
  return (
    <div className={css.notice} role={role}>
      {children}
    </div>
  )
}

interface TruncatedProps {
  readonly found: MetricsSearch
  readonly onNarrow: (term: string) => void
}

/** A term that leaves out some of the sequences; null where none is at hand. */
function narrowing(data: MetricsResult): string | null {
  const names = new Set(data.sequences.map((s) => s.name))
  if (names.size > 1) return `metric.name == ${JSON.stringify(data.names?.[0] ?? [...names][0])}`
  const experiments = new Set(Object.values(data.runs).map((r) => r.experiment))
  return experiments.size > 1 ? `run.experiment == ${JSON.stringify([...experiments][0])}` : null
}

function TruncatedNote({ found: { data, sequences, canShowMore, showMore }, onNarrow }: TruncatedProps) {
  const term = narrowing(data!)
  return (
    <Notice>
      <b>{formatCount(data!.matched_sequences)} sequences match</b> · showing the first {formatCount(sequences.length)}
      {canShowMore && (
        <Button small onClick={showMore}>
          Show up to {formatCount(LIMIT_MORE)}
        </Button>
      )}
      {term ? (
        <>
          or
          <Button small onClick={() => onNarrow(term)}>
            Narrow to {term}
          </Button>
        </>
      ) : (
        <span>or narrow the query</span>
      )}
    </Notice>
  )
}
