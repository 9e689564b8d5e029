import { Columns3 } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { RunRow } from '../../base/api/types'
import type { Outcome } from '../../base/api/writes'
import { Count, PageHeader, LiveChip } from '../../widgets/PageHeader'
import { useKeys } from '../../base/keys'
import { rememberList } from '../../base/runList'
import { QueryChips } from '../../parts/query/QueryChips'
import { useInfo } from '../../base/queries'
import { navigate, usePlace } from '../../base/route'
import { noteAnswered, searchAgain, useShownQuery, useStopped } from '../../base/search'
import { SearchNotes, StoppedPage, Waiting } from '../../parts/query/SearchState'
import shell from '../../widgets/shell.module.css'
import { useSelection } from '../../base/stores'
import { formatRuns, parseRuns, type RunsView } from './runsAddress'
import { Grid } from '../../widgets/grid/Grid'
import { FilterBuilder } from '../../parts/query/FilterBuilder'
import { QueryField } from '../../parts/query/QueryField'
import { Button, Failed, Skeleton } from '../../widgets/basics'
import { Chip } from '../../widgets/Chip'
import { formatCount } from '../../base/format'
import { MenuItem, Popover } from '../../widgets/Popover'
import { kindsOf, useColumnActions, useSpreads } from './columnActions'
import { arranged, isField, movedBeside, NAME } from '../../parts/fields/columnLayout'
import { ColumnPicker } from './ColumnPicker'
import { columnTitle, othersThan, pickedText } from '../../parts/fields/columns'
import columnsCss from './columns.module.css'
import { ExportMenu } from './exportRuns'
import { FirstStart } from '../../parts/start/FirstStart'
import { GroupPicker } from './GroupCells'
import { groupOf, useGroups } from './groups'
import { NoMatch } from '../../parts/query/NoMatch'
import css from '../../widgets/pages.module.css'
import { edit, metricsOf, SelectionBar } from '../../parts/edits/runActions'
import { RunPanel } from './RunPanel'
import { EDITABLE, isNested, useRunsColumns, type Editing } from './runsColumns'
import { useRuns } from './runsSource'

export function RunsPage() {
  const { search } = usePlace()
  const { view } = useMemo(() => parseRuns(search), [search])
  const info = useInfo()
  const { shown: q, error: queryError } = useShownQuery('runs', view.q)
  const stopped = useStopped('runs', q)
  const { state, ensure, reload, patch, setTop } = useRuns(
    q,
    view.sort,
    useMemo(() => view.columns && valuesOf(arranged(view.columns)), [view.columns]),
    stopped === null,
  )
  const { known } = state
  const readOnly = info.data?.read_only ?? false
  const list = useMemo(() => arranged(view.columns ?? state.columns), [view.columns, state.columns])
  const unpicked = view.columns === null && (!state.ready || state.q !== q)
  const chosen = useMemo(() => (unpicked ? null : valuesOf(list)), [unpicked, list])
  const selection = useSelection()
  const grouped = view.group.length > 0
  const {
    groups,
    read,
    ready: groupsReady,
    error: groupsError,
    reload: reloadGroups,
  } = useGroups(q, view.sort, view.group, chosen)
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const toggleGroup = useCallback(
    (key: string) =>
      setOpened((o) => {
        const next = new Set(o)
        if (!next.delete(key)) next.add(key)
        return next
      }),
    [],
  )
  /** Groups, and under the open ones their members. */
  const shownRows = useMemo<readonly (RunRow | undefined)[]>(
    () => (grouped ? groups.flatMap((g) => (opened.has(g.group.key) ? [g, ...g.group.members] : [g])) : state.rows),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- rows are filled in place, which `version` tells
    [grouped, groups, opened, state.rows, state.version],
  )
  const [editing, setEditing] = useState<Editing | null>(null)
  const [panel, setPanel] = useState<string | null>(null)
  const last = useRef(-1)
  const change = useCallback((v: Partial<RunsView>) => navigate(`/runs${formatRuns({ ...view, ...v })}`), [view])

  const save = useCallback(
    (row: RunRow, column: string, text: string) => {
      setEditing(null)
      const one = new Set([row.hash])
      const settle = (outcome: Outcome) => {
        if (outcome.kind === 'refused' || outcome.kind === 'conflict') patch(one, () => row)
      }
      if (column === NAME) {
        const name = text.trim()
        if (!name || name === row.name) return
        patch(one, (r) => ({ ...r, name }))
        void edit({
          field: 'name',
          hash: row.hash,
          what: `Name of ${row.name || row.hash.slice(0, 8)}`,
          edit: { name },
          before: row.name,
        }).then(settle)
      } else if (column === '@description') {
        if (text === row.description) return
        patch(one, (r) => ({ ...r, description: text }))
        void edit({
          field: 'description',
          hash: row.hash,
          what: `Description of ${row.name || row.hash.slice(0, 8)}`,
          edit: { description: text },
          before: row.description,
        }).then(settle)
      } else {
        const tags = [
          ...new Set(
            text
              .split(',')
              .map((t) => t.trim())
              .filter(Boolean),
          ),
        ]
        const add = tags.filter((t) => !row.tags.includes(t))
        const remove = row.tags.filter((t) => !tags.includes(t))
        if (add.length + remove.length === 0) return
        patch(one, (r) => ({ ...r, tags }))
        void edit({
          field: 'tags',
          hash: row.hash,
          what: `Tags of ${row.name || row.hash.slice(0, 8)}`,
          edit: { add_tags: add, remove_tags: remove },
        }).then(settle)
      }
    },
    [patch],
  )

  const kinds = useMemo(() => kindsOf(known), [known])
  const others = useMemo(() => othersThan(list, known), [list, known])
  const picked = useMemo(() => (view.columns === null ? pickedText(list, known) : null), [view.columns, list, known])
  const spreads = useSpreads(view.heat, q)
  const { arrange, actions } = useColumnActions(view, q, list, known, change)
  const columns = useRunsColumns({
    list,
    ...kinds,
    actions,
    editing,
    onEdit: setEditing,
    save,
    readOnly,
    grouped,
    opened,
    toggleGroup,
    spreads,
    digits: state.digits,
  })

  const onSort = useCallback(
    (by: string, add: boolean) => {
      const at = view.sort.find((s) => s.by === by)
      const first = { by, desc: at ? !at.desc : by !== 'name' && by !== 'experiment' && by !== 'status' }
      change({ sort: add ? [...view.sort.filter((s) => s.by !== by), first].slice(-3) : [first] })
    },
    [view.sort, change],
  )

  const rowAt = useCallback((i: number) => shownRows[i], [shownRows])
  const onToggle = useCallback(
    (row: RunRow, index: number, range: boolean) => {
      const group = groupOf(row)
      if (group) {
        const hashes = group.members.map((m) => m.hash)
        if (hashes.every((h) => selection.runs.has(h)))
          selection.set([...selection.runs].filter((h) => !hashes.includes(h)))
        else selection.add(hashes)
        return
      }
      if (range && last.current >= 0) {
        const [a, b] = [Math.min(last.current, index), Math.max(last.current, index)]
        selection.add(shownRows.slice(a, b + 1).flatMap((r) => (r && !groupOf(r) ? [r.hash] : [])))
      } else selection.toggle(row.hash)
      last.current = index
    },
    [selection, shownRows],
  )
  /** A group whose members are all selected is selected. */
  const marked = useMemo<ReadonlySet<string>>(
    () =>
      !grouped || selection.runs.size === 0
        ? selection.runs
        : new Set([
            ...selection.runs,
            ...groups.filter((g) => g.group.members.every((m) => selection.runs.has(m.hash))).map((g) => g.hash),
          ]),
    [grouped, groups, selection.runs],
  )
  const peek = useCallback((row: RunRow) => {
    if (!groupOf(row)) setPanel(row.hash)
  }, [])
  const open = useCallback(
    (row: RunRow, column: string) => {
      const group = groupOf(row)
      if (group) toggleGroup(group.key)
      else if (isNested(row, column)) setPanel(row.hash)
      else navigate(`/runs/${row.hash}`)
    },
    [toggleGroup],
  )
  const onMoveColumn = useCallback(
    (from: string, beside: string, after: boolean) => arrange(movedBeside(list, from, beside, after)),
    [list, arrange],
  )
  const onWidth = useCallback(
    (column: string, width: number) => change({ widths: { ...view.widths, [column]: width } }),
    [change, view.widths],
  )
  // The page of a run goes on to the next of this list.
  const listed = useRef(shownRows)
  listed.current = grouped ? groups.flatMap((g) => g.group.members) : state.rows
  useEffect(() => () => rememberList(listed.current.flatMap((r) => (r ? [r.hash] : []))), [])
  const after = () => {
    reload()
    reloadGroups()
  }

  useKeys([
    {
      key: 'Escape',
      does: 'Close the panel, clear the selection',
      run: () => {
        if (panel !== null) setPanel(null)
        else selection.clear()
      },
    },
    {
      key: 'c',
      does: 'Metrics of the selection',
      run: () => {
        if (selection.runs.size > 0) navigate(metricsOf([...selection.runs]))
      },
    },
    { key: 'j', does: 'Next row', run: () => document.querySelector<HTMLElement>('[role=grid]')?.focus() },
    {
      key: 'x',
      does: 'Select the row (in the table)',
      run: () => document.querySelector<HTMLElement>('[role=grid]')?.focus(),
    },
  ])

  useEffect(() => {
    if (state.ready) noteAnswered('runs', state.q)
  }, [state.ready, state.q])
  const empty = state.ready && !state.error && state.matched === 0
  const sortText = view.sort
    .map((s) => `${columnTitle(s.by.replace(/^params\./, '').replace('created_at', 'created'))} ${s.desc ? '↓' : '↑'}`)
    .join(', ')
  return (
    <>
      <PageHeader
        title="Runs"
        actions={
          <ExportMenu q={q} sort={view.sort} columns={chosen ?? []} matched={state.matched} selected={selection.runs} />
        }
      >
        <Count title={state.tookMs ? `${state.tookMs.toFixed(1)} ms` : ''}>
          <span className="num">
            {state.ready
              ? `${formatCount(state.matched)} of ${formatCount(Math.max(state.total, state.matched))} runs`
              : '…'}
          </span>
        </Count>
        <LiveChip />
      </PageHeader>
      <div className={shell.query}>
        <QueryField
          value={view.q}
          kind="runs"
          error={queryError}
          placeholder={'run.hparams.lr >= 1e-4 and run.experiment == "digits"'}
          onRun={(text) => {
            searchAgain('runs', text)
            if (text === view.q) reload()
            else change({ q: text })
          }}
        />
        <QueryChips>
          <FilterBuilder query={view.q} kind="runs" onRun={(q) => change({ q })} />
          <Chip
            label="Sort"
            value={sortText}
            onReset={sortText === 'created ↓' ? undefined : () => change({ sort: [{ by: 'created_at', desc: true }] })}
          >
            {(close) => (
              <>
                {columns
                  .filter((c) => c.sort)
                  .map((c) => {
                    const at = view.sort.find((s) => s.by === c.sort)
                    return (
                      <MenuItem
                        key={c.id}
                        checked={at !== undefined}
                        hint={at ? (at.desc ? 'descending' : 'ascending') : undefined}
                        onSelect={() => {
                          onSort(c.sort!, false)
                          close()
                        }}
                      >
                        {c.title}
                      </MenuItem>
                    )
                  })}
              </>
            )}
          </Chip>
          <Chip
            label="Group"
            value={
              grouped ? view.group.map((g) => g.replace(/^params\./, '').replace(/^hparams\./, '')).join(', ') : 'none'
            }
            onReset={grouped ? () => change({ group: [] }) : undefined}
          >
            {() => <GroupPicker data={known} value={view.group} onChange={(group) => change({ group })} />}
          </Chip>
          <Popover
            label="Columns"
            wide
            trigger={(p) => (
              <Button small title={picked ?? undefined} {...p}>
                <Columns3 size={14} strokeWidth={1.5} /> Columns {formatCount(list.length)}
                {others > 0 && <span className="muted"> · {formatCount(others)} more</span>}
              </Button>
            )}
          >
            {() => (
              <ColumnPicker
                data={known}
                picked={picked}
                value={list}
                onChange={arrange}
                onReset={() => change({ columns: null, pinned: [], heat: [], widths: {} })}
              />
            )}
          </Popover>
        </QueryChips>
      </div>
      {grouped && groupsReady && read < state.matched && (
        <div className={css.notice}>
          Groups of the first {formatCount(read)} of {formatCount(state.matched)} runs. Narrow the query to group all.
        </div>
      )}
      {grouped && groupsError !== null && (
        <div className={css.notice} role="alert">
          The groups could not be read: {groupsError instanceof Error ? groupsError.message : String(groupsError)}{' '}
          <Button small onClick={reloadGroups}>
            Retry
          </Button>
        </div>
      )}
      {state.fresh > 0 && (
        <div className={css.notice} role="status">
          <b>
            {formatCount(state.fresh)} new {state.fresh === 1 ? 'run' : 'runs'}
          </b>
          <Button small onClick={() => reload()}>
            Show
          </Button>
        </div>
      )}
      <SearchNotes
        kind="runs"
        error={queryError}
        shown={q}
        stopped={stopped}
        hasResult={state.ready}
        onAgain={() => reload()}
      />
      {stopped && !state.ready ? (
        <StoppedPage kind="runs" stopped={stopped} onAgain={() => reload()} />
      ) : state.error && !state.ready ? (
        <Failed error={state.error} retry={() => reload()} />
      ) : !state.ready || (grouped && !groupsReady && !groupsError) ? (
        <Waiting>
          <RunsSkeleton />
        </Waiting>
      ) : empty && state.total === 0 && !q ? (
        <FirstStart />
      ) : empty ? (
        <div className={css.scroll}>
          <NoMatch q={q} kind="runs" total={state.total} hints={state.hints} onQuery={(q) => change({ q })} />
        </div>
      ) : (
        <div className={columnsCss.withPanel}>
          <Grid
            label="Runs"
            name="runs"
            columns={columns}
            count={grouped ? shownRows.length : state.matched}
            rowAt={rowAt}
            rowKey={rowKey}
            runOf={rowKey}
            sort={view.sort}
            onSort={onSort}
            {...(grouped ? {} : { onRows: ensure })}
            onMoveColumn={onMoveColumn}
            widths={view.widths}
            onWidth={onWidth}
            onPeek={peek}
            onOpen={open}
            onEdit={(row, column) => {
              if (readOnly || groupOf(row) || !EDITABLE.has(column)) return false
              setEditing({ hash: row.hash, column })
              return true
            }}
            selected={marked}
            onToggle={onToggle}
            onScrolledTop={setTop}
            version={editing}
          />
          {panel !== null && <RunPanel hash={panel} readOnly={readOnly} onClose={() => setPanel(null)} />}
        </div>
      )}
      <SelectionBar
        after={after}
        readOnly={readOnly}
        archived={
          selection.runs.size > 0 &&
          shownRows.every((r) => !r || groupOf(r) || !selection.runs.has(r.hash) || r.archived) &&
          shownRows.some((r) => r?.archived)
        }
      />
    </>
  )
}

const rowKey = (r: RunRow) => r.hash
const valuesOf = (list: readonly string[]) => list.filter((c) => !isField(c))

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
