import { Trash2 } from 'lucide-react'
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { formatCount } from '../../base/format'
import { useKeys } from '../../base/keys'
import { useInfo } from '../../base/queries'
import { navigate } from '../../base/route'
import { noteAnswered, searchAgain, useShownQuery, useStopped, type Stopped } from '../../base/search'
import { useSelection } from '../../base/stores'
import { metricsOf, SelectionBar } from '../../parts/edits/runActions'
import { arranged, isField } from '../../parts/fields/columnLayout'
import { pickedText } from '../../parts/fields/columns'
import { NoMatch } from '../../parts/query/NoMatch'
import { QueryField } from '../../parts/query/QueryField'
import { SearchNotes, StoppedPage, Waiting } from '../../parts/query/SearchState'
import { FirstStart } from '../../parts/start/FirstStart'
import { Button, Failed, Skeleton } from '../../widgets/basics'
import { Count, LiveChip, PageHeader } from '../../widgets/PageHeader'
import css from '../../widgets/pages.module.css'
import shell from '../../widgets/shell.module.css'
import { kindsOf, useColumnActions, useSpreads } from './columns/columnActions'
import { ExportMenu } from './exportRuns'
import { useGroups, type Grouped } from './groups'
import type { RunsView } from './runsAddress'
import { RunsControls } from './RunsControls'
import { RunsNotices } from './RunsNotices'
import { useRunsColumns } from './columns/runsColumns'
import type { RunsState } from './runsState'
import { RunsTable } from './RunsTable'
import { useCellEdits } from './useCellEdits'
import { useRowSelection } from './useRowSelection'
import { isDescFirst } from './sortOptions'
import { useRuns } from './useRuns'
import { useSelectAll } from './useSelectAll'
import { useRunsView } from './useRunsView'
import { useShownRows } from './useShownRows'

export function RunsPage() {
  const { view, change, onSort: sortBy } = useRunsView()
  const { q, queryError, stopped, state, ensure, reload, patch, setTop } = useRunsSearch(view)
  const { known, digits } = state
  const onSort = useCallback((by: string, add: boolean) => sortBy(by, add, isDescFirst(by, known)), [sortBy, known])
  const readOnly = useInfo().data?.read_only ?? false
  const { list, chosen, picked } = useColumnList(view, state, q)
  const grouped = view.group.length > 0
  const groups = useGroups(q, view.sort, view.group, chosen)
  const { rows, opened, toggleGroup } = useShownRows(state, view.sort, grouped, groups.groups)
  const { selection, marked, onToggle, archived } = useRowSelection(rows, groups.groups)
  const failed = state.error && state.ready && state.q !== q ? { error: state.error, shown: state.q } : null
  const { selectAll, isReading } = useSelectAll(q)
  const edits = useCellEdits(patch)
  const [panel, setPanel] = useState<string | null>(null)
  useRunsKeys(panel, setPanel)
  const kinds = useMemo(() => kindsOf(known), [known])
  const spreads = useSpreads(view.heat, q)
  const { arrange, actions } = useColumnActions(view, q, list, known, change)
  const shape = { list, ...kinds, actions, spreads, digits, grouped, opened, toggleGroup }
  const columns = useRunsColumns({ ...shape, ...edits, readOnly })
  return (
    <>
      <PageHeader
        title="Runs"
        actions={
          <>
            <Button icon quiet aria-label="Trash" title="Trash: deleted runs" onClick={() => navigate('/trash')}>
              <Trash2 size={14} strokeWidth={1.5} />
            </Button>
            <ExportMenu
              {...{ q, view, list, known, digits }}
              columns={chosen ?? []}
              groups={grouped ? groups : null}
              matched={state.matched}
              selected={selection.runs}
            />
          </>
        }
      >
        <RunsCount state={state} />
        {state.ready && state.matched > 1 && selection.runs.size < state.matched && (
          <Button small quiet disabled={isReading} onClick={selectAll}>
            Select all
          </Button>
        )}
        <LiveChip />
      </PageHeader>
      <div className={shell.query}>
        <QueryField
          value={view.q}
          kind="runs"
          error={queryError}
          placeholder={'params.lr >= 1e-4 and run.experiment == "digits"'}
          onRun={(text) => {
            searchAgain('runs', text)
            if (text === view.q) reload()
            else change({ q: text })
          }}
        />
        <RunsControls {...{ view, change, list, known, picked, arrange }} />
      </div>
      <RunsNotices
        grouped={grouped ? groups : null}
        matched={state.matched}
        fresh={state.fresh}
        onReload={reload}
        failed={failed}
      />
      <SearchNotes
        kind="runs"
        error={queryError}
        shown={q}
        stopped={stopped}
        hasResult={state.ready}
        onAgain={reload}
      />
      <RunsBody
        {...{ state, q, stopped, reload }}
        groups={grouped ? groups : null}
        onQuery={(text) => change({ q: text })}
      >
        <RunsTable
          {...{ view, change, onSort, columns, list, arrange, rows, toggleGroup, marked, onToggle, readOnly }}
          {...{ panel, setPanel }}
          editing={edits.editing}
          onEdit={edits.onEdit}
          count={grouped ? rows.length : state.matched}
          onRows={grouped ? undefined : ensure}
          onScrolledTop={setTop}
        />
      </RunsBody>
      <SelectionBar
        after={() => {
          reload()
          groups.reload()
        }}
        readOnly={readOnly}
        archived={archived}
      />
    </>
  )
}

const valuesOf = (list: readonly string[]) => list.filter((c) => !isField(c))

/** The search of the address, or the last one that could be parsed, and what it found. */
function useRunsSearch(view: RunsView) {
  const { shown: q, error: queryError } = useShownQuery('runs', view.q)
  const stopped = useStopped('runs', q)
  const columns = useMemo(() => view.columns && valuesOf(arranged(view.columns)), [view.columns])
  const runs = useRuns({ q, sort: view.sort, columns, enabled: stopped === null })
  const { state } = runs
  useEffect(() => {
    if (state.ready) noteAnswered('runs', state.q)
  }, [state.ready, state.q])
  return { ...runs, q, queryError, stopped }
}

/**
 * `list`: all columns but the name, in order. `chosen`: those of them that have values to ask for; null while the server
 * picks them. `picked`: what it picked, in words.
 */
function useColumnList(view: RunsView, state: RunsState, q: string) {
  const list = useMemo(() => arranged(view.columns ?? state.columns), [view.columns, state.columns])
  const unpicked = view.columns === null && (!state.ready || state.q !== q)
  const chosen = useMemo(() => (unpicked ? null : valuesOf(list)), [unpicked, list])
  const picked = useMemo(
    () => (view.columns === null ? pickedText(list, state.known) : null),
    [view.columns, list, state.known],
  )
  return { list, chosen, picked }
}

function RunsCount({ state }: { readonly state: RunsState }) {
  return (
    <Count title={state.tookMs ? `${state.tookMs.toFixed(1)} ms` : ''}>
      <span className="num">
        {state.ready
          ? `${formatCount(state.matched)} of ${formatCount(Math.max(state.total, state.matched))} runs`
          : '…'}
      </span>
    </Count>
  )
}

interface BodyProps {
  readonly state: RunsState
  readonly q: string
  readonly stopped: Stopped | null
  /** null: the table is not grouped. */
  readonly groups: Grouped | null
  readonly reload: () => void
  readonly onQuery: (q: string) => void
  readonly children: ReactNode
}

/** The table, or what there is instead of it. */
function RunsBody({ state, q, stopped, groups, reload, onQuery, children }: BodyProps) {
  if (stopped && !state.ready) return <StoppedPage kind="runs" stopped={stopped} onAgain={reload} />
  if (state.error && !state.ready) return <Failed error={state.error} retry={reload} />
  if (!state.ready || (groups && !groups.ready && !groups.error))
    return (
      <Waiting>
        <RunsSkeleton />
      </Waiting>
    )
  if (state.error || state.matched > 0) return children
  if (state.total === 0 && !q) return <FirstStart />
  return (
    <div className={css.scroll}>
      <NoMatch q={q} kind="runs" total={state.total} hints={state.hints} onQuery={onQuery} />
    </div>
  )
}

function useRunsKeys(panel: string | null, setPanel: (hash: string | null) => void): void {
  const selection = useSelection()
  const focusTable = () => document.querySelector<HTMLElement>('[role=grid]')?.focus()
  useKeys([
    {
      key: 'Escape',
      does: 'Close the panel, clear the selection',
      run: () => (panel === null ? selection.clear() : setPanel(null)),
    },
    {
      key: 'c',
      does: 'Metrics of the selection',
      run: () => {
        if (selection.runs.size > 0) navigate(metricsOf([...selection.runs]))
      },
    },
    { key: 'j', does: 'Next row', run: focusTable },
    { key: 'x', does: 'Select the row (in the table)', run: focusTable },
  ])
}

function RunsSkeleton() {
  return (
    <div
      style={{ flex: 1, padding: '42px 12px 0', overflow: 'hidden' }}
      role="status"
      aria-busy="true"
      aria-label="Loading"
    >
      {Array.from({ length: 18 }, (_, i) => (
        <Skeleton key={i} style={{ width: `${55 + ((i * 37) % 40)}%`, marginBottom: 16 }} />
      ))}
    </div>
  )
}
