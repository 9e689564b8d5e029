import { useCallback, useDeferredValue, useEffect, useMemo, useState, type ReactNode } from 'react'
import { formatCount } from '../../base/format'
import { useKeys } from '../../base/keys'
import { useInfo } from '../../base/queries'
import { currentPlace, navigate, usePlace } from '../../base/route'
import { rememberList } from '../../base/runList'
import { searchAgain } from '../../base/search'
import { copyText, useSelection } from '../../base/stores'
import { SeriesCache } from '../../charts/data/seriesCache'
import { useArrangement, type Arrangement } from '../../parts/curves/chartOrder'
import { MetricChips } from '../../parts/curves/MetricChips'
import { ExpressionChips } from '../../parts/curves/expressions/ExpressionChips'
import { formatMetrics, parseMetrics, type MetricsView } from '../../parts/curves/metricsAddress'
import type { Model } from '../../parts/curves/metricsModel'
import { MetricPicker } from '../../parts/curves/picker/MetricPicker'
import { pickCharts } from '../../parts/curves/picker/pick'
import { missingZooms, present } from '../../parts/curves/missing'
import { changedView } from '../../parts/curves/shown/hidden'
import { useHiddenLines } from '../../parts/curves/shown/useHidden'
import { useModel } from '../../parts/curves/useModel'
import type { ChangeView } from '../../parts/curves/usePane'
import { SelectionBar } from '../../parts/edits/runActions'
import { amongRuns } from '../../parts/query/among'
import { FilterBuilder } from '../../parts/query/FilterBuilder'
import { NoMatch } from '../../parts/query/NoMatch'
import { QueryChips } from '../../parts/query/QueryChips'
import { QueryField } from '../../parts/query/QueryField'
import { SearchNotes, StoppedPage, Waiting } from '../../parts/query/SearchState'
import { FirstStart } from '../../parts/start/FirstStart'
import { Button, Failed } from '../../widgets/basics'
import { Count, LiveChip, PageHeader } from '../../widgets/PageHeader'
import css from '../../widgets/pages.module.css'
import shell from '../../widgets/shell.module.css'
import { asPython } from './asPython'
import { ExportTable } from './ExportTable'
import { ChartsSkeleton } from './ChartsSkeleton'
import { MetricsBody } from './MetricsBody'
import { MetricsNotices } from './MetricsNotices'
import { useMetricsSearch, type MetricsSearch } from './metricsSearch'
import { useOnlySelected } from './onlySelected'
import { RunsChip } from './RunsChip'
import { useTablePane } from './tablePane'

export function MetricsPage() {
  const { search } = usePlace()
  const wanted = useMemo(() => parseMetrics(search).view, [search])
  const info = useInfo()
  const found = useMetricsSearch(wanted.q, wanted.runs, wanted.exprs)
  const change = useCallback<ChangeView>((patch, mode = 'push') => {
    const now = parseMetrics(currentPlace().search).view
    navigate(`/metrics${formatMetrics(changedView(now, patch))}`, mode)
  }, [])
  const arrangement = useArrangement(wanted, change)
  const { view, all, model, tableModel, missing } = useCharts(found, wanted, arrangement)
  const [hiddenLines, onHide] = useHiddenLines(found.sequences, view, change)
  useOnlySelected(wanted, change)
  const [cache] = useState(() => new SeriesCache())
  const pane = useTablePane()
  usePageKeys(view, change, pane.toggle)
  const { runs } = found
  useEffect(() => () => rememberList(Object.keys(runs)), [runs])
  // Queries leave archived runs out unless they ask for them.
  const total = info.data ? info.data.runs - info.data.archived_runs : 0
  return (
    <>
      <MetricsHeader {...{ found, total, view, cache, hiddenLines }} model={tableModel} />
      <QueryRow {...{ found, view, change, all, arrangement }} />
      <SearchNotes
        kind="metrics"
        error={found.queryError}
        shown={found.shown}
        stopped={found.stopped}
        hasResult={found.data !== undefined}
        onAgain={found.refetch}
      />
      <MetricsNotices {...{ found, view, change, missing }} />
      <Result found={found} total={total} onQuery={(q) => change({ q })}>
        <MetricsBody {...{ found, model, tableModel, view, change, arrangement, hiddenLines, onHide, cache, pane }} />
      </Result>
      <SelectionBar after={found.refetch} readOnly={info.data?.read_only ?? false} />
    </>
  )
}

function usePageKeys(view: MetricsView, change: ChangeView, toggleTable: () => void): void {
  const clear = useSelection((s) => s.clear)
  useKeys([
    {
      key: 'Escape',
      does: 'Let go of the crosshair, then of the pinned run, then of the selection',
      run: () => (view.at !== null ? change({ at: null }) : view.focus ? change({ focus: null }) : clear()),
    },
    { key: '\\', does: 'Show or hide the table', run: toggleTable },
  ])
}

const NO_NAMES: readonly string[] = []

/** The charts of what was found, all and those that are shown; and what the view names that the runs do not have. */
function useCharts(found: MetricsSearch, wanted: MetricsView, { pins, order }: Arrangement) {
  const { sequences, runs } = found
  const isComplete = found.answered && found.data?.truncated === false
  const { view, missing } = useMemo(
    () => (isComplete && sequences.length > 0 ? present(wanted, sequences, runs) : { view: wanted, missing: [] }),
    [wanted, sequences, runs, isComplete],
  )
  const all = useModel(sequences, runs, view)
  const { show, picked, facets } = view
  const names = found.data?.names ?? NO_NAMES
  const model = useMemo(
    () => pickCharts(all, { show, picked, facets }, { pins, order }, names),
    [all, show, picked, facets, pins, order, names],
  )
  const allMissing = useMemo(
    () =>
      isComplete && all.charts.length > 0
        ? [...missing, ...missingZooms(view, new Set(all.charts.map((c) => c.key)))]
        : [],
    [missing, view, all, isComplete],
  )
  const tableModel = useDeferredValue(model)
  return { view, all, model, tableModel, missing: allMissing }
}

interface HeaderProps {
  readonly found: MetricsSearch
  readonly total: number
  readonly view: MetricsView
  readonly model: Model
  readonly hiddenLines: ReadonlySet<string>
  readonly cache: SeriesCache
}

function MetricsHeader({ found, total, view, ...table }: HeaderProps) {
  const { data, q, shown, first } = found
  const info = useInfo().data
  const took = data ? `${formatCount(data.matched_sequences)} sequences, ${data.took_ms.toFixed(1)} ms` : ''
  const count = data
    ? `${formatCount(data.matched_runs)} of ${formatCount(Math.max(total, data.matched_runs))} runs`
    : shown === '' && first === null
      ? '0 of 0 runs'
      : '…'
  return (
    <PageHeader
      title="Metrics"
      actions={
        <>
          <Button onClick={() => void copyText(asPython(q, view, info?.repo_path ?? '.'), 'Python copied')}>
            <span className="wide-only">Copy as </span>Python
          </Button>
          {found.sequences.length > 0 && <ExportTable view={view} {...table} />}
        </>
      }
    >
      <Count title={took}>
        <span className="num">{count}</span>
      </Count>
      <LiveChip />
    </PageHeader>
  )
}

interface QueryRowProps {
  readonly found: MetricsSearch
  readonly view: MetricsView
  readonly change: ChangeView
  /** Also the charts that are not shown. */
  readonly all: Model
  readonly arrangement: Arrangement
}

function QueryRow({ found, view, change, all, arrangement }: QueryRowProps) {
  return (
    <div className={shell.query}>
      <QueryField
        value={view.q}
        kind="metrics"
        error={found.queryError}
        placeholder={'loss, acc if context.subset == val and params.lr >= 1e-4'}
        onRun={(text) => {
          searchAgain('metrics', amongRuns(text, view.runs))
          if (text === view.q) found.refetch()
          else change({ q: text, range: null, xRanges: {}, yRanges: {}, focus: null, at: null })
        }}
      />
      <QueryChips>
        <RunsChip view={view} change={change} runs={found.runs} />
        <FilterBuilder query={view.q} kind="metrics" onRun={(text) => change({ q: text })} />
        <MetricPicker
          model={all}
          view={view}
          change={change}
          names={found.data?.names ?? NO_NAMES}
          pins={arrangement.pins}
          onPin={arrangement.togglePin}
        />
        <ExpressionChips q={found.q} view={view} change={change} found={found.data?.expressions ?? null} />
        <MetricChips view={view} change={change} sequences={found.sequences} runs={found.runs} groups={all.groups} />
        <OnlySelected view={view} change={change} />
      </QueryChips>
    </div>
  )
}

function OnlySelected({ view: { only }, change }: Pick<QueryRowProps, 'view' | 'change'>) {
  const selected = useSelection((s) => s.runs)
  const isOn = only.length > 0
  if (!isOn && selected.size === 0) return null
  return (
    <Button small on={isOn} aria-pressed={isOn} onClick={() => change({ only: isOn ? [] : [...selected] })}>
      Only selected
    </Button>
  )
}

interface ResultProps {
  readonly found: MetricsSearch
  /** Runs that can be found. */
  readonly total: number
  readonly onQuery: (q: string) => void
  /** What is shown where something was found. */
  readonly children: ReactNode
}

function Result({ found, total, onQuery, children }: ResultProps) {
  const { data, shown, stopped, error } = found
  if (shown === '' && found.first === null) return <FirstStart />
  if (stopped && !data) return <StoppedPage kind="metrics" stopped={stopped} onAgain={found.refetch} />
  if (error && !data) return <Failed error={error} retry={found.refetchAll} />
  if (data === undefined) {
    return (
      <Waiting>
        <ChartsSkeleton />
      </Waiting>
    )
  }
  if (found.sequences.length > 0) return children
  return (
    <div className={css.scroll}>
      <NoMatch q={shown} kind="metrics" total={total} hints={data.hints} onQuery={onQuery} />
    </div>
  )
}
