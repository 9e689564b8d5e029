// What the metrics page says of its result, above the charts.

import { useMemo, type ReactNode } from 'react'
import { formatCount, plural } from '../../base/format'
import { navigate } from '../../base/route'
import { useSelection } from '../../base/stores'
import { AttemptsNote } from '../../parts/curves/AttemptsNote'
import type { MetricsView } from '../../parts/curves/metricsAddress'
import type { Model } from '../../parts/curves/metricsModel'
import type { ChangeView } from '../../parts/curves/usePane'
import { Button, Swatch } from '../../widgets/basics'
import css from '../../widgets/pages.module.css'
import { LIMIT_MORE, type MetricsSearch } from './metricsSearch'

interface Props {
  readonly found: MetricsSearch
  readonly view: MetricsView
  readonly change: ChangeView
  readonly model: Model
  /** What the address names and the runs do not have. */
  readonly missing: readonly string[]
  readonly hiddenLines: ReadonlySet<string>
  readonly onHide: (ids: readonly string[]) => void
  readonly onShowAll: () => void
}

export function MetricsNotices({ found, view, change, model, missing, hiddenLines, onHide, onShowAll }: Props) {
  const { data, sequences, shown, first } = found
  const isEmpty = data !== undefined && sequences.length === 0
  const hiddenPoints = useMemo(() => sequences.reduce((n, s) => n + s.hidden_points, 0), [sequences])
  return (
    <div className={css.notices}>
      {missing.length > 0 && (
        <Notice role="note">
          <b>In the address, but not in these runs:</b> {missing.join(', ')}
        </Notice>
      )}
      {shown === '' && first && !isEmpty && (
        <Notice>
          <span>
            The {first.runs === 1 ? 'newest run' : plural(first.runs, 'newest run')} of <b>{first.experiment}</b>.
            Search to see others.
          </span>
        </Notice>
      )}
      {data?.truncated && <TruncatedNote found={found} />}
      {view.focus && found.runs[view.focus] && (
        <PinnedNote run={view.focus} found={found} model={model} change={change} onHide={onHide} />
      )}
      {found.fresh > 0 && (
        <Notice role="status">
          <b>{plural(found.fresh, 'new run')}</b>{' '}
          <Button small onClick={found.showFresh}>
            Show
          </Button>
        </Notice>
      )}
      <AttemptsNote hidden={hiddenPoints} view={view} change={change} />
      {hiddenLines.size > 0 && (
        <Notice>
          {plural(hiddenLines.size, 'line')} hidden{' '}
          <Button small onClick={onShowAll}>
            Show all
          </Button>
        </Notice>
      )}
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

function TruncatedNote({ found: { data, sequences, canShowMore, showMore } }: { found: MetricsSearch }) {
  return (
    <Notice>
      <b>{formatCount(data!.matched_sequences)} sequences match</b> · showing the first {formatCount(sequences.length)}
      {canShowMore && (
        <Button small onClick={showMore}>
          Show up to {formatCount(LIMIT_MORE)}
        </Button>
      )}
      <span>
        or narrow the query, for example with <code>metric.name == {JSON.stringify(sequences[0]?.name ?? 'loss')}</code>
      </span>
    </Notice>
  )
}

interface PinnedProps extends Pick<Props, 'found' | 'model' | 'change' | 'onHide'> {
  readonly run: string
}

function PinnedNote({ run, found: { runs, sequences }, model, change, onHide }: PinnedProps) {
  const selection = useSelection()
  const own = sequences.filter((s) => s.run === run)
  const group = model.groupOf.get(own[0]?.id ?? '') ?? -1
  const unpin = () => change({ focus: null }, 'later')
  return (
    <Notice>
      <Swatch slot={model.groups[group]?.slot ?? -1} />
      <b>{runs[run]!.name}</b> pinned
      <Button small onClick={() => navigate(`/runs/${run}`)}>
        Open run
      </Button>
      <Button small onClick={() => selection.toggle(run)}>
        {selection.runs.has(run) ? 'Deselect' : 'Select'}
      </Button>
      <Button
        small
        onClick={() => {
          onHide(own.map((s) => s.id))
          unpin()
        }}
      >
        Hide
      </Button>
      <Button small quiet onClick={unpin}>
        Unpin
      </Button>
    </Notice>
  )
}
