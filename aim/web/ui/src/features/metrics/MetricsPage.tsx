import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, type PointerEvent } from 'react'
import { api } from '../../base/api/client'
import type { MetricRun, MetricSequence } from '../../base/api/types'
import { Count, PageHeader, LiveChip } from '../../widgets/PageHeader'
import { useKeys } from '../../base/keys'
import { rememberList } from '../../base/runList'
import { QueryChips } from '../../parts/query/QueryChips'
import { noteAnswered, searchAgain, useShownQuery, useStopped } from '../../base/search'
import { SearchNotes, StoppedPage, Waiting } from '../../parts/query/SearchState'
import { touches, useInfo, useLiveChange, useMetrics, useThrottled } from '../../base/queries'
import { currentPlace, navigate, usePlace } from '../../base/route'
import shell from '../../widgets/shell.module.css'
import { copyText, store, storedNumber, storedText, useSelection } from '../../base/stores'
import { formatMetrics, parseMetrics } from '../../parts/curves/metricsAddress'
import chartCss from '../../charts/Chart.module.css'
import { FilterBuilder } from '../../parts/query/FilterBuilder'
import { QueryField } from '../../parts/query/QueryField'
import { Button, Empty, Failed, Skeleton, Swatch } from '../../widgets/basics'
import { formatCount, plural } from '../../base/format'
import { AttemptsNote } from '../../parts/curves/AttemptsNote'
import { useArrangement } from '../../parts/curves/chartOrder'
import { ChartsPane, useModel, type ChangeView } from '../../parts/curves/ChartsPane'
import { MetricChips } from '../../parts/curves/MetricChips'
import { MetricPicker } from '../../parts/curves/MetricPicker'
import { pickCharts } from '../../parts/curves/metricsModel'
import { FirstStart } from '../../parts/start/FirstStart'
import { NoMatch } from '../../parts/query/NoMatch'
import { missingZooms, present } from '../../parts/curves/missing'
import css from '../../widgets/pages.module.css'
import { SelectionBar } from '../../parts/edits/runActions'
import { SequenceTable } from './SequenceTable'

const FIRST_RUNS = 10
const LIMIT = 5000
const LIMIT_MORE = 20_000
const NO_SEQUENCES: readonly MetricSequence[] = []
const NO_RUNS: Readonly<Record<string, MetricRun>> = {}

/** Of a first visit: every metric of the newest runs of the newest experiment. */
function useFirstQuery(enabled: boolean) {
  return useQuery({
    queryKey: ['first'],
    enabled,
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const sort = [{ by: 'created_at', desc: true }]
      const newest = (await api.runs({ q: '', sort, offset: 0, limit: 1, columns: [] }, signal)).rows[0]
      if (!newest) return null
      const rows = (
        await api.runs(
          {
            q: `run.experiment == ${JSON.stringify(newest.experiment)}`,
            sort,
            offset: 0,
            limit: FIRST_RUNS,
            columns: [],
          },
          signal,
        )
      ).rows
      return {
        experiment: newest.experiment,
        runs: rows.length,
        q: `run.hash in [${rows.map((r) => JSON.stringify(r.hash)).join(', ')}]`,
      }
    },
    placeholderData: keepPreviousData,
  })
}

export function MetricsPage() {
  const { search } = usePlace()
  const wanted = useMemo(() => parseMetrics(search).view, [search])
  const info = useInfo()
  const { shown, error: queryError } = useShownQuery('metrics', wanted.q)
  const first = useFirstQuery(shown === '')
  const q = shown || first.data?.q || ''
  const stopped = useStopped('metrics', q)
  const [limit, setLimit] = useState(LIMIT)
  const asked = useMetrics(q, limit, q !== '' && stopped === null)
  // An answer of thousands of sequences makes a page that is put together in slices, while this one stays.
  const data = useDeferredValue(asked.data)
  const found = { ...asked, data, answered: asked.answered && data === asked.data }
  const [hiddenLines, setHiddenLines] = useState<ReadonlySet<string>>(new Set())
  const [onlySelected, setOnlySelected] = useState(false)
  const [begun, setBegun] = useState<readonly string[]>([])
  const selection = useSelection()
  const change = useCallback<ChangeView>((patch, mode = 'push') => {
    const now = parseMetrics(currentPlace().search).view
    navigate(`/metrics${formatMetrics({ ...now, ...patch })}`, mode)
  }, [])

  const sequences = found.data?.sequences ?? NO_SEQUENCES
  const runs = found.data?.runs ?? NO_RUNS
  const { view, missing } = useMemo(
    () =>
      found.answered && !found.data?.truncated && sequences.length > 0
        ? present(wanted, sequences, runs)
        : { view: wanted, missing: [] },
    [wanted, sequences, runs, found.answered, found.data],
  )
  const all = useModel(sequences, runs, view)
  const arrangement = useArrangement()
  const { pins, order, togglePin } = arrangement
  const model = useMemo(() => pickCharts(all, view.show, pins, order), [all, view.show, pins, order])
  const tableModel = useDeferredValue(model)

  // What came with a later answer is new no more.
  const fresh = useMemo(() => begun.filter((h) => !(h in runs)).length, [begun, runs])

  // Points of known sequences come through the charts; here only what is new or ended.
  const again = useThrottled(() => found.refetch(), sequences.length > 2000 ? 30_000 : 5000)
  useLiveChange((c) => {
    if (c.new_runs.length > 0) setBegun((b) => [...b.filter((h) => !(h in runs)), ...c.new_runs])
    if (stopped) return
    if (found.data && touches(c, (h) => h in runs)) again()
    if (c.runs.includes('*') && shown === '') void first.refetch()
    if (found.data === undefined && (c.new_runs.length > 0 || c.runs.includes('*'))) {
      void first.refetch()
      again()
    }
  })
  const showFresh = () => {
    setBegun([])
    if (shown === '') void first.refetch()
    void found.refetch()
  }

  const onHide = useCallback(
    (id: string) =>
      setHiddenLines((h) => {
        const next = new Set(h)
        if (!next.delete(id)) next.add(id)
        return next
      }),
    [],
  )
  const onPin = useCallback(
    (run: string) => change({ focus: parseMetrics(currentPlace().search).view.focus === run ? null : run }, 'later'),
    [change],
  )

  useKeys([
    {
      key: 'Escape',
      does: 'Clear the focus, then the selection',
      run: () => (view.focus ? change({ focus: null }, 'later') : selection.clear()),
    },
    { key: '\\', does: 'Show or hide the table', run: () => pane.toggle() },
  ])
  const pane = usePane()
  useEffect(() => () => rememberList(Object.keys(runs)), [runs])

  useEffect(() => {
    if (found.answered) noteAnswered('metrics', shown)
  }, [found.answered, shown])
  const error = found.error ?? first.error
  const gone = useMemo(
    () =>
      found.answered && !found.data?.truncated && all.charts.length > 0
        ? [...missing, ...missingZooms(view, new Set(all.charts.map((c) => c.key)))]
        : [],
    [missing, view, all, found.answered, found.data],
  )
  // Queries leave archived runs out unless they ask for them.
  const total = info.data ? info.data.runs - info.data.archived_runs : 0
  const empty = found.data !== undefined && sequences.length === 0
  const nothing = shown === '' && first.data === null
  const hiddenPoints = useMemo(() => sequences.reduce((n, s) => n + s.hidden_points, 0), [sequences])
  return (
    <>
      <PageHeader
        title="Metrics"
        actions={
          <Button onClick={() => void copyText(asPython(q), 'Python copied')}>
            <span className="wide-only">Copy as </span>Python
          </Button>
        }
      >
        <Count
          title={
            found.data
              ? `${formatCount(found.data.matched_sequences)} sequences, ${found.data.took_ms.toFixed(1)} ms`
              : ''
          }
        >
          <span className="num">
            {found.data
              ? `${formatCount(found.data.matched_runs)} of ${formatCount(Math.max(total, found.data.matched_runs))} runs`
              : nothing
                ? '0 of 0 runs'
                : '…'}
          </span>
        </Count>
        <LiveChip />
      </PageHeader>
      <div className={shell.query}>
        <QueryField
          value={view.q}
          kind="metrics"
          error={queryError}
          placeholder={'loss, acc if context.subset == val and params.lr >= 1e-4'}
          onRun={(text) => {
            searchAgain('metrics', text)
            if (text === view.q) void found.refetch()
            else change({ q: text, range: null, xRanges: {}, yRanges: {}, focus: null })
          }}
        />
        <QueryChips>
          <FilterBuilder query={view.q} kind="metrics" onRun={(text) => change({ q: text })} />
          <MetricPicker
            model={all}
            value={view.show}
            pins={pins}
            onChange={(show) => change({ show }, 'later')}
            onPin={togglePin}
          />
          <MetricChips view={view} change={change} sequences={sequences} runs={runs} groups={all.groups} />
          {selection.runs.size > 0 && (
            <Button small on={onlySelected} aria-pressed={onlySelected} onClick={() => setOnlySelected(!onlySelected)}>
              Only selected
            </Button>
          )}
        </QueryChips>
      </div>
      <SearchNotes
        kind="metrics"
        error={queryError}
        shown={shown}
        stopped={stopped}
        hasResult={found.data !== undefined}
        onAgain={() => void found.refetch()}
      />
      <div className={css.notices}>
        {gone.length > 0 && (
          <div className={css.notice} role="note">
            <b>In the address, but not in these runs:</b> {gone.join(', ')}
          </div>
        )}
        {shown === '' && first.data && !empty && (
          <div className={css.notice}>
            <span>
              The {first.data.runs === 1 ? 'newest run' : plural(first.data.runs, 'newest run')} of{' '}
              <b>{first.data.experiment}</b>. Search to see others.
            </span>
          </div>
        )}
        {found.data?.truncated && (
          <div className={css.notice}>
            <b>{formatCount(found.data.matched_sequences)} sequences match</b> · showing the first{' '}
            {formatCount(sequences.length)}
            {limit < LIMIT_MORE && (
              <Button small onClick={() => setLimit(LIMIT_MORE)}>
                Show up to {formatCount(LIMIT_MORE)}
              </Button>
            )}
            <span>
              or narrow the query, for example with{' '}
              <code>metric.name == {JSON.stringify(sequences[0]?.name ?? 'loss')}</code>
            </span>
          </div>
        )}
        {view.focus && runs[view.focus] && (
          <div className={css.notice}>
            <Swatch
              slot={
                model.groups[model.groupOf.get(sequences.find((s) => s.run === view.focus)?.id ?? '') ?? -1]?.slot ?? -1
              }
            />
            <b>{runs[view.focus]!.name}</b> pinned
            <Button small onClick={() => navigate(`/runs/${view.focus!}`)}>
              Open run
            </Button>
            <Button small onClick={() => selection.toggle(view.focus!)}>
              {selection.runs.has(view.focus) ? 'Deselect' : 'Select'}
            </Button>
            <Button
              small
              onClick={() => {
                setHiddenLines(
                  (h) => new Set([...h, ...sequences.filter((s) => s.run === view.focus).map((s) => s.id)]),
                )
                change({ focus: null }, 'later')
              }}
            >
              Hide
            </Button>
            <Button small quiet onClick={() => change({ focus: null }, 'later')}>
              Unpin
            </Button>
          </div>
        )}
        {fresh > 0 && (
          <div className={css.notice} role="status">
            <b>{plural(fresh, 'new run')}</b>{' '}
            <Button small onClick={showFresh}>
              Show
            </Button>
          </div>
        )}
        <AttemptsNote hidden={hiddenPoints} view={view} change={change} />
        {hiddenLines.size > 0 && (
          <div className={css.notice}>
            {plural(hiddenLines.size, 'line')} hidden{' '}
            <Button small onClick={() => setHiddenLines(new Set())}>
              Show all
            </Button>
          </div>
        )}
      </div>
      {nothing ? (
        <FirstStart />
      ) : stopped && !found.data ? (
        <StoppedPage kind="metrics" stopped={stopped} onAgain={() => void found.refetch()} />
      ) : error && !found.data ? (
        <Failed
          error={error}
          retry={() => {
            void first.refetch()
            void found.refetch()
          }}
        />
      ) : found.data === undefined ? (
        <Waiting>
          <ChartsSkeleton />
        </Waiting>
      ) : empty ? (
        <div className={css.scroll}>
          <NoMatch
            q={shown}
            kind="metrics"
            total={total}
            hints={found.data.hints}
            onQuery={(text) => change({ q: text })}
          />
        </div>
      ) : (
        <div className={css.body} data-body="">
          <div className={css.charts}>
            {model.charts.length === 0 ? (
              <Empty title={`No chart matches ${view.show}`}>
                <Button onClick={() => change({ show: '' })}>Show all</Button>
              </Empty>
            ) : (
              <ChartsPane
                arrangement={arrangement}
                model={model}
                view={view}
                change={change}
                hiddenLines={hiddenLines}
                onlySelected={onlySelected}
              />
            )}
          </div>
          <div
            className={css.handle}
            role="separator"
            aria-orientation="horizontal"
            aria-label="Height of the table"
            aria-valuenow={Math.round(pane.share * 100)}
            tabIndex={0}
            {...pane.handle}
          />
          {pane.share > 0 && (
            <div className={css.tablePane} style={{ height: `${pane.share * 100}%` }}>
              <SequenceTable model={tableModel} view={view} hiddenLines={hiddenLines} onHide={onHide} onPin={onPin} />
            </div>
          )}
        </div>
      )}
      <SelectionBar after={() => void found.refetch()} readOnly={info.data?.read_only ?? false} />
    </>
  )
}

/** The same data with the SDK. */
function asPython(q: string): string {
  return `import aim\n\nrepo = aim.Repo()\nfor metric in repo.query_metrics(${JSON.stringify(q)}):\n    print(metric.run.hash, metric.name, dict(metric.context), metric.steps, metric.values)\n`
}

/** Height of the table as a share of the body; kept in this browser, not in the address. */
function usePane() {
  const [share, setShare] = useState(() =>
    storedText('pane.metrics.closed') === '1' ? 0 : storedNumber('pane.metrics', 0.3),
  )
  const drag = useRef(false)
  const set = (s: number) => {
    const next = s < 0.06 ? 0 : Math.min(0.85, s)
    setShare(next)
    store('pane.metrics.closed', next === 0 ? '1' : '0')
    if (next > 0) store('pane.metrics', String(next))
  }
  return {
    share,
    toggle: () => set(share > 0 ? 0 : storedNumber('pane.metrics', 0.3)),
    handle: {
      onPointerDown: (e: PointerEvent) => {
        drag.current = true
        e.currentTarget.setPointerCapture(e.pointerId)
      },
      onPointerMove: (e: PointerEvent) => {
        if (!drag.current) return
        const box = e.currentTarget.parentElement!.getBoundingClientRect()
        set((box.bottom - e.clientY) / box.height)
      },
      onPointerUp: () => {
        drag.current = false
      },
      onDoubleClick: () => set(share > 0 ? 0 : 0.3),
      onKeyDown: (e: React.KeyboardEvent) => {
        if (e.key === 'ArrowUp') set(share + 0.05)
        else if (e.key === 'ArrowDown') set(share - 0.05)
        else return
        e.preventDefault()
      },
    },
  }
}

export function ChartsSkeleton() {
  return (
    <div
      className={chartCss.grid}
      style={{ gridTemplateColumns: 'repeat(2, minmax(0, 1fr))' }}
      role="status"
      aria-busy="true"
      aria-label="Loading"
    >
      {Array.from({ length: 4 }, (_, i) => (
        <div key={i} className={chartCss.chart}>
          <div style={{ padding: 10 }}>
            <Skeleton style={{ width: 140 }} />
          </div>
          <div className={chartCss.wait} style={{ top: 34 }} />
        </div>
      ))}
    </div>
  )
}
