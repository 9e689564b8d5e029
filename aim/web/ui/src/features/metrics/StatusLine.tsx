// The line between charts and table: what is not shown, which run is pinned, what is new. It is always there, so that nothing
// that comes or goes in it moves the charts.

import { useMemo, type ReactNode } from 'react'
import { plural } from '../../base/format'
import { navigate } from '../../base/route'
import { useSelection } from '../../base/stores'
import { AttemptsSwitch } from '../../parts/curves/AttemptsNote'
import type { MetricsView } from '../../parts/curves/metricsAddress'
import type { Model } from '../../parts/curves/metricsModel'
import { hiddenGroups, hideRun } from '../../parts/curves/shown/hidden'
import type { ChangeView } from '../../parts/curves/usePane'
import { Button, Swatch } from '../../widgets/basics'
import css from './Metrics.module.css'
import type { MetricsSearch } from './metricsSearch'

interface Props {
  readonly found: MetricsSearch
  readonly view: MetricsView
  readonly change: ChangeView
  readonly model: Model
  readonly hiddenLines: ReadonlySet<string>
}

export function StatusLine({ found, view, change, model, hiddenLines }: Props) {
  const { lines, hidden } = useHiddenCount(model, view, hiddenLines)
  const hiddenPoints = useMemo(() => found.sequences.reduce((n, s) => n + s.hidden_points, 0), [found.sequences])
  return (
    <div className={css.status} data-status="">
      <span className="num">
        {plural(lines, 'line')} in {plural(model.charts.length, 'chart')}
      </span>
      {found.shown === '' && found.first && (
        <span className="ellipsis" style={{ minWidth: 0 }}>
          the {found.first.runs === 1 ? 'newest run' : plural(found.first.runs, 'newest run')} of{' '}
          <b>{found.first.experiment}</b>: search to see others
        </span>
      )}
      {hiddenPoints > 0 && (
        <Part>
          <AttemptsSwitch hidden={hiddenPoints} view={view} change={change} />
        </Part>
      )}
      {hidden > 0 && (
        <Part>
          <b className="num">{plural(hidden, 'line')} hidden</b>
          <Button small onClick={() => change({ hide: [], solo: [], only: [] })}>
            Show all
          </Button>
        </Part>
      )}
      {view.focus && found.runs[view.focus] && (
        <PinnedRun run={view.focus} found={found} model={model} view={view} change={change} />
      )}
      {/* A live region is there before what it says: else nobody is told. */}
      <span className={css.fresh} role="status">
        {found.fresh > 0 && (
          <>
            <b className="num">{plural(found.fresh, 'new run')}</b>
            <Button small onClick={found.showFresh}>
              Show
            </Button>
          </>
        )}
      </span>
    </div>
  )
}

function Part({ children }: { children: ReactNode }) {
  return <span className={css.statusPart}>{children}</span>
}

/** How many lines the charts have, and how many of them are not drawn. */
function useHiddenCount(model: Model, view: MetricsView, hiddenLines: ReadonlySet<string>) {
  const { hide, solo, only, colour, dash } = view
  return useMemo(() => {
    const groups = hiddenGroups({ hide, solo, colour, dash }, model.groups)
    const runs = only.length > 0 ? new Set(only) : null
    let lines = 0
    let hidden = 0
    for (const chart of model.charts) {
      lines += chart.lines.length
      if (hiddenLines.size === 0 && groups.size === 0 && !runs) continue
      for (const { sequence, group } of chart.lines)
        if (
          hiddenLines.has(sequence.id) ||
          groups.has(model.groups[group]!.key) ||
          (runs !== null && !runs.has(sequence.run))
        )
          hidden++
    }
    return { lines, hidden }
  }, [model, hide, solo, only, colour, dash, hiddenLines])
}

function PinnedRun({
  run,
  found: { runs, sequences },
  model,
  view,
  change,
}: Omit<Props, 'hiddenLines'> & { run: string }) {
  const selection = useSelection()
  const group = model.groupOf.get(sequences.find((s) => s.run === run)?.id ?? '') ?? -1
  return (
    <Part>
      <Swatch slot={model.groups[group]?.slot ?? -1} />
      <b className="ellipsis">{runs[run]!.name}</b> pinned
      <Button small onClick={() => navigate(`/runs/${run}`)}>
        Open run
      </Button>
      <Button small onClick={() => selection.toggle(run)}>
        {selection.runs.has(run) ? 'Deselect' : 'Select'}
      </Button>
      <Button small onClick={() => change({ hide: hideRun(view.hide, run), focus: null, at: null })}>
        Hide
      </Button>
      <Button small quiet onClick={() => change({ focus: null, at: null })}>
        Unpin
      </Button>
    </Part>
  )
}
