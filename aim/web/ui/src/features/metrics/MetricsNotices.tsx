// What the metrics page says of its result, above the charts. What comes and goes while one reads is in the StatusLine.

import type { ReactNode } from 'react'
import type { MetricsResult } from '../../base/api/types'
import { formatCount } from '../../base/format'
import { ExpressionFaults } from '../../parts/curves/expressions/ExpressionFaults'
import type { MetricsView } from '../../parts/curves/metricsAddress'
import type { ChangeView } from '../../parts/curves/usePane'
import { withTerm } from '../../parts/query/filterTerms'
import { OldResult } from '../../parts/query/OldResult'
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
  const { data, failed } = found
  return (
    <div className={css.notices}>
      {failed && <OldResult {...failed} ofNone="Showing the newest runs" onAgain={found.refetchAll} />}
      {missing.length > 0 && (
        <Notice role="note">
          <b>In the address, but not in these runs:</b> {missing.join(', ')}
        </Notice>
      )}
      <ExpressionFaults view={view} change={change} found={data?.expressions ?? null} />
      {data?.truncated && <TruncatedNote found={found} onNarrow={(term) => change({ q: withTerm(view.q, term) })} />}
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
