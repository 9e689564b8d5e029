import { Columns3, Download, Pencil } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { valueOf, type RunRow } from '../api/types'
import type { Outcome } from '../api/writes'
import { Count, Header, LiveChip } from '../app/Header'
import { useKeys } from '../app/keys'
import { rememberList } from '../app/list'
import { QueryChips } from '../app/QueryChips'
import { useColumns, useInfo } from '../app/queries'
import { noteAnswered, searchAgain, useShownQuery, useStopped } from '../app/search'
import { SearchNotes, StoppedPage, Waiting } from '../app/SearchState'
import { navigate, usePlace } from '../app/route'
import shell from '../app/shell.module.css'
import { copyText, useSelection } from '../app/stores'
import { formatRuns, parseRuns, type RunsView } from '../app/views'
import { slotOf } from '../charts/palette'
import { Grid, type Column } from '../grid/Grid'
import { FilterBuilder, term, withTerm } from '../query/FilterBuilder'
import { QueryField } from '../query/QueryField'
import { Button, Chip, Failed, Link, Skeleton, StatusPill, Swatch, Tag } from '../ui/basics'
import { formatAgo, formatCount, formatDateTime, formatDuration } from '../ui/format'
import { MenuItem, MenuLine, Popover } from '../ui/Popover'
import ui from '../ui/ui.module.css'
import { saveFile } from '../ui/saveFile'
import { ColumnPicker, columnTitle, defaultColumns, valueColumn } from './columns'
import { FirstStart } from './FirstStart'
import { NoMatch } from './NoMatch'
import css from './pages.module.css'
import { edit, metricsOf, SelectionBar } from './runActions'
import { GroupCell, groupCellText, GroupName, GroupPicker } from './GroupCells'
import { groupOf, useGroups } from './groups'
import { useRuns } from './runsSource'

export function RunsPage() {
  const { search } = usePlace()
  const { view } = useMemo(() => parseRuns(search), [search])
  const info = useInfo()
  const { shown: q, error: queryError } = useShownQuery('runs', view.q)
  const stopped = useStopped('runs', q)
  const known = useColumns(q, stopped === null)
  const readOnly = info.data?.read_only ?? false
  const columnsReady = known.data !== undefined || known.isError
  const chosen = useMemo(() => view.columns ?? (columnsReady ? defaultColumns(known.data) : null), [view.columns, known.data, columnsReady])
  const { state, ensure, reload, patch, setTop } = useRuns(q, view.sort, stopped === null ? chosen : null)
  const selection = useSelection()
  const grouped = view.group.length > 0
  const { groups, read, ready: groupsReady, error: groupsError, reload: reloadGroups } = useGroups(q, view.sort, view.group, chosen)
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const toggleGroup = useCallback((key: string) => setOpened((o) => {
    const next = new Set(o)
    if (!next.delete(key)) next.add(key)
    return next
  }), [])
  /** Groups, and under the open ones their members. */
  const shownRows = useMemo<readonly (RunRow | undefined)[]>(() => (grouped ? groups.flatMap((g) => (opened.has(g.group.key) ? [g, ...g.group.members] : [g])) : state.rows), [grouped, groups, opened, state.rows, state.version])
  const [editing, setEditing] = useState<{ hash: string; column: string } | null>(null)
  const slots = useRef(new Map<string, number>())
  const last = useRef(-1)
  const change = useCallback((v: Partial<RunsView>) => navigate(`/runs${formatRuns({ ...view, ...v })}`), [view])

  const save = useCallback((row: RunRow, column: string, text: string) => {
    setEditing(null)
    const one = new Set([row.hash])
    const settle = (outcome: Outcome) => { if (outcome.kind === 'refused' || outcome.kind === 'conflict') patch(one, () => row) }
    if (column === 'name') {
      const name = text.trim()
      if (!name || name === row.name) return
      patch(one, (r) => ({ ...r, name }))
      void edit({ field: 'name', hash: row.hash, what: `Name of ${row.name || row.hash.slice(0, 8)}`, edit: { name }, before: row.name }).then(settle)
    } else {
      const tags = [...new Set(text.split(',').map((t) => t.trim()).filter(Boolean))]
      const add = tags.filter((t) => !row.tags.includes(t))
      const remove = row.tags.filter((t) => !tags.includes(t))
      if (add.length + remove.length === 0) return
      patch(one, (r) => ({ ...r, tags }))
      void edit({ field: 'tags', hash: row.hash, what: `Tags of ${row.name || row.hash.slice(0, 8)}`, edit: { add_tags: add, remove_tags: remove } }).then(settle)
    }
  }, [patch])

  const numeric = useMemo(() => new Set((known.data?.params ?? []).filter((p) => p.kinds.length > 0 && p.kinds.every((k) => NUMBERS.has(k))).map((p) => p.path)), [known.data])
  const columns = useMemo<Column<RunRow>[]>(() => {
    const slot = (hash: string) => {
      let n = slots.current.get(hash)
      if (n === undefined) slots.current.set(hash, (n = slots.current.size))
      return slotOf(n % 40).slot
    }
    const input = (row: RunRow, column: string, value: string) => (
      <input
        className={css.inline}
        autoFocus
        aria-label={column}
        defaultValue={value}
        onClick={(e) => e.stopPropagation()}
        onKeyDown={(e) => {
          e.stopPropagation()
          if (e.key === 'Enter') save(row, column, e.currentTarget.value)
          else if (e.key === 'Escape') setEditing(null)
        }}
        onBlur={(e) => save(row, column, e.currentTarget.value)}
      />
    )
    const isEdited = (row: RunRow, column: string) => editing?.hash === row.hash && editing.column === column
    const plain: Column<RunRow>[] = [
      {
        id: 'name', title: 'Run', width: 250, sort: 'name',
        text: (r) => r.name,
        render: (r) => isEdited(r, 'name') ? input(r, 'name', r.name) : (
          <span className={css.name}>
            <Swatch slot={slot(r.hash)} />
            <Link to={`/runs/${r.hash}`} title={r.name}>{r.name || r.hash.slice(0, 8)}</Link>
            {r.lost_points > 0 && <span title={`${formatCount(r.lost_points)} points lost`} style={{ color: 'var(--warn)' }}>⚠</span>}
            {!readOnly && <button type="button" tabIndex={-1} className={css.edit} aria-label="Rename" title="Rename (F2)" onClick={() => setEditing({ hash: r.hash, column: 'name' })}><Pencil size={13} strokeWidth={1.5} /></button>}
          </span>
        ),
      },
      { id: 'status', title: 'Status', width: 104, sort: 'status', render: (r) => <StatusPill status={r.status} />, text: (r) => r.status },
      { id: 'experiment', title: 'Experiment', width: 128, sort: 'experiment', plain: (r) => r.experiment },
      { id: 'created', title: 'Created', width: 104, sort: 'created_at', plain: (r) => formatAgo(r.created_at), text: (r) => formatDateTime(r.created_at) },
      { id: 'duration', title: 'Duration', width: 92, sort: 'duration', align: 'right', plain: (r) => formatDuration(r.duration), text: (r) => `${r.duration ?? ''} s` },
      ...(chosen ?? []).map((c, i): Column<RunRow> => {
        const column = valueColumn(c, numeric.has(c))
        const list = chosen ?? []
        const move = (by: number) => {
          const next = [...list]
          next.splice(i, 1)
          next.splice(i + by, 0, c)
          change({ columns: next })
        }
        return {
          ...column,
          movable: true,
          menu: (close) => (
            <>
              <MenuItem onSelect={() => { close(); change({ sort: [{ by: column.sort!, desc: false }] }) }}>Sort ascending</MenuItem>
              <MenuItem onSelect={() => { close(); change({ sort: [{ by: column.sort!, desc: true }] }) }}>Sort descending</MenuItem>
              <MenuLine />
              {!c.startsWith('metric:') && <FilterTo onDone={(v) => { close(); change({ q: withTerm(view.q, term(`run.${c}`, '==', v)) }) }} />}
              {!c.startsWith('metric:') && <MenuItem checked={view.group.includes(c)} onSelect={() => { close(); change({ group: view.group.includes(c) ? view.group.filter((g) => g !== c) : [...view.group, c] }) }}>Group by</MenuItem>}
              <MenuItem disabled={i === 0} onSelect={() => { close(); move(-1) }}>Move left</MenuItem>
              <MenuItem disabled={i === list.length - 1} onSelect={() => { close(); move(1) }}>Move right</MenuItem>
              <MenuItem onSelect={() => { close(); change({ columns: list.filter((k) => k !== c) }) }}>Hide</MenuItem>
            </>
          ),
        }
      }),
      { id: 'tags', title: 'Tags', width: 160, text: (r) => r.tags.join(', '), render: (r) => isEdited(r, 'tags') ? input(r, 'tags', r.tags.join(', ')) : <><span className={css.tags}>{r.tags.map((t) => <Tag key={t}>{t}</Tag>)}{r.archived && <Tag>archived</Tag>}</span>{!readOnly && <button type="button" tabIndex={-1} className={css.edit} aria-label="Edit tags" title="Edit tags, separated by commas" onClick={() => setEditing({ hash: r.hash, column: 'tags' })}><Pencil size={13} strokeWidth={1.5} /></button>}</> },
    ]
    if (!grouped) return plain
    return plain.map(({ plain: text, ...c }) => ({
      ...c,
      // Room for mean ± deviation.
      width: c.id.startsWith('metric:') ? c.width + 48 : c.width,
      render: (r, i) => {
        const group = groupOf(r)
        if (group) return c.id === 'name' ? <GroupName group={group} open={opened.has(group.key)} onToggle={toggleGroup} /> : <GroupCell group={group} column={c.id} />
        const cell = c.render ? c.render(r, i) : <span className="ellipsis">{text?.(r)}</span>
        return c.id === 'name' ? <span className={css.member}>{cell}</span> : cell
      },
      text: (r) => {
        const group = groupOf(r)
        return group ? groupCellText(group, c.id) : (c.text?.(r) ?? text?.(r) ?? '')
      },
    }))
  }, [chosen, numeric, editing, save, change, view.q, view.group, readOnly, grouped, opened, toggleGroup])

  const onSort = useCallback((by: string, add: boolean) => {
    const at = view.sort.find((s) => s.by === by)
    const first = { by, desc: at ? !at.desc : by !== 'name' && by !== 'experiment' && by !== 'status' }
    change({ sort: add ? [...view.sort.filter((s) => s.by !== by), first].slice(-3) : [first] })
  }, [view.sort, change])

  const rowAt = useCallback((i: number) => shownRows[i], [shownRows])
  const onToggle = useCallback((row: RunRow, index: number, range: boolean) => {
    const group = groupOf(row)
    if (group) {
      const hashes = group.members.map((m) => m.hash)
      if (hashes.every((h) => selection.runs.has(h))) selection.set([...selection.runs].filter((h) => !hashes.includes(h)))
      else selection.add(hashes)
      return
    }
    if (range && last.current >= 0) {
      const [a, b] = [Math.min(last.current, index), Math.max(last.current, index)]
      selection.add(shownRows.slice(a, b + 1).flatMap((r) => (r && !groupOf(r) ? [r.hash] : [])))
    } else selection.toggle(row.hash)
    last.current = index
  }, [selection, shownRows])
  /** A group whose members are all selected is selected. */
  const marked = useMemo<ReadonlySet<string>>(() => (!grouped || selection.runs.size === 0 ? selection.runs : new Set([...selection.runs, ...groups.filter((g) => g.group.members.every((m) => selection.runs.has(m.hash))).map((g) => g.hash)])), [grouped, groups, selection.runs])
  const open = useCallback((row: RunRow) => {
    const group = groupOf(row)
    if (group) toggleGroup(group.key)
    else navigate(`/runs/${row.hash}`)
  }, [toggleGroup])
  const onMoveColumn = useCallback((from: string, beside: string, after: boolean) => {
    const rest = (chosen ?? []).filter((c) => c !== from)
    const at = rest.indexOf(beside)
    if (at < 0) return
    rest.splice(at + (after ? 1 : 0), 0, from)
    change({ columns: rest })
  }, [chosen, change])
  // The page of a run goes on to the next of this list.
  const listed = useRef(shownRows)
  listed.current = grouped ? groups.flatMap((g) => g.group.members) : state.rows
  useEffect(() => () => rememberList(listed.current.flatMap((r) => (r ? [r.hash] : []))), [])
  const after = () => { reload(); reloadGroups() }

  useKeys([
    { key: 'Escape', does: 'Clear the selection', run: () => selection.clear() },
    { key: 'c', does: 'Metrics of the selection', run: () => { if (selection.runs.size > 0) navigate(metricsOf([...selection.runs])) } },
    { key: 'j', does: 'Next row', run: () => document.querySelector<HTMLElement>('[role=grid]')?.focus() },
    { key: 'x', does: 'Select the row (in the table)', run: () => document.querySelector<HTMLElement>('[role=grid]')?.focus() },
  ])

  const exportRows = async (kind: 'csv' | 'json' | 'markdown') => {
    const known = (grouped ? groups.flatMap((g) => g.group.members) : state.rows).filter((r): r is RunRow => r !== undefined)
    const rows = selection.runs.size > 0 ? known.filter((r) => selection.runs.has(r.hash)) : known
    const heads = ['run', 'hash', 'status', 'experiment', 'created_at', 'duration', ...(chosen ?? []).map(columnTitle), 'tags']
    const cells = rows.map((r) => [r.name, r.hash, r.status, r.experiment, r.created_at, r.duration, ...(chosen ?? []).map((c) => valueOf(r, c) ?? ''), r.tags.join(' ')])
    if (kind === 'markdown') {
      const line = (c: readonly unknown[]) => `| ${c.map((v) => String(v ?? '').replace(/\|/g, '\\|')).join(' | ')} |`
      await copyText([line(heads), line(heads.map(() => '---')), ...cells.map(line)].join('\n'), `${formatCount(rows.length)} rows copied as Markdown`)
      return
    }
    const csv = (v: unknown) => { const t = String(v ?? ''); return /[",\n]/.test(t) ? `"${t.replace(/"/g, '""')}"` : t }
    const text = kind === 'json' ? JSON.stringify(rows, null, 2) : [heads, ...cells].map((c) => c.map(csv).join(',')).join('\n')
    saveFile(new Blob([text], { type: kind === 'json' ? 'application/json' : 'text/csv' }), `runs.${kind}`)
  }

  useEffect(() => { if (state.ready) noteAnswered('runs', state.q) }, [state.ready, state.q])
  const empty = state.ready && !state.error && state.matched === 0
  const sortText = view.sort.map((s) => `${columnTitle(s.by.replace(/^params\./, '').replace('created_at', 'created'))} ${s.desc ? '↓' : '↑'}`).join(', ')
  return (
    <>
      <Header title="Runs" actions={
        <Popover label="Export" menu align="end" trigger={(p) => <Button aria-label="Export" {...p}><Download size={14} strokeWidth={1.5} /> <span className="wide-only">Export</span></Button>}>
          {(close) => (
            <>
              <MenuItem onSelect={() => { close(); void exportRows('csv') }} hint="loaded rows">CSV</MenuItem>
              <MenuItem onSelect={() => { close(); void exportRows('json') }} hint="loaded rows">JSON</MenuItem>
              <MenuItem onSelect={() => { close(); void exportRows('markdown') }}>Copy as Markdown</MenuItem>
              <MenuItem onSelect={() => { close(); void copyText(`import aim\n\nfor run in aim.Repo().query_runs(${JSON.stringify(view.q)}):\n    print(run.name, run.params)\n`, 'Python copied') }}>Copy as Python</MenuItem>
            </>
          )}
        </Popover>
      }>
        <Count title={state.tookMs ? `${state.tookMs.toFixed(1)} ms` : ''}>
          <span className="num">{state.ready ? `${formatCount(state.matched)} of ${formatCount(Math.max(state.total, state.matched))} runs` : '…'}</span>
        </Count>
        <LiveChip />
      </Header>
      <div className={shell.query}>
        <QueryField value={view.q} kind="runs" error={queryError} placeholder={'run.hparams.lr >= 1e-4 and run.experiment == "digits"'} onRun={(text) => { searchAgain('runs', text); if (text === view.q) reload(); else change({ q: text }) }} />
        <QueryChips>
          <FilterBuilder query={view.q} kind="runs" onRun={(q) => change({ q })} />
          <Chip label="Sort" value={sortText} onReset={sortText === 'created ↓' ? undefined : () => change({ sort: [{ by: 'created_at', desc: true }] })}>
            {(close) => (
              <>
                {columns.filter((c) => c.sort).map((c) => {
                  const at = view.sort.find((s) => s.by === c.sort)
                  return <MenuItem key={c.id} checked={at !== undefined} hint={at ? (at.desc ? 'descending' : 'ascending') : undefined} onSelect={() => { onSort(c.sort!, false); close() }}>{c.title}</MenuItem>
                })}
              </>
            )}
          </Chip>
          <Chip label="Group" value={grouped ? view.group.map((g) => g.replace(/^hparams\./, '')).join(', ') : 'none'} onReset={grouped ? () => change({ group: [] }) : undefined}>
            {() => <GroupPicker data={known.data} value={view.group} onChange={(group) => change({ group })} />}
          </Chip>
          <Popover label="Columns" wide trigger={(p) => <Button small {...p}><Columns3 size={14} strokeWidth={1.5} /> Columns {formatCount(chosen?.length ?? 0)}</Button>}>
            {() => <ColumnPicker data={known.data} value={chosen ?? []} onChange={(c) => change({ columns: c })} onReset={() => change({ columns: null })} />}
          </Popover>
        </QueryChips>
      </div>
      {grouped && groupsReady && read < state.matched && <div className={css.notice}>Groups of the first {formatCount(read)} of {formatCount(state.matched)} runs. Narrow the query to group all.</div>}
      {grouped && groupsError !== null && <div className={css.notice} role="alert">The groups could not be read: {groupsError instanceof Error ? groupsError.message : String(groupsError)} <Button small onClick={reloadGroups}>Retry</Button></div>}
      {state.fresh > 0 && (
        <div className={css.notice} role="status">
          <b>{formatCount(state.fresh)} new {state.fresh === 1 ? 'run' : 'runs'}</b>
          <Button small onClick={() => reload()}>Show</Button>
        </div>
      )}
      <SearchNotes kind="runs" error={queryError} shown={q} stopped={stopped} hasResult={state.ready} onAgain={() => reload()} />
      {stopped && !state.ready ? <StoppedPage kind="runs" stopped={stopped} onAgain={() => reload()} />
        : state.error && !state.ready ? <Failed error={state.error} retry={() => reload()} />
        : !state.ready || (grouped && !groupsReady && !groupsError) ? <Waiting><RunsSkeleton /></Waiting>
        : empty && state.total === 0 && !q ? <FirstStart />
        : empty ? <div className={css.scroll}><NoMatch q={q} kind="runs" total={state.total} hints={state.hints} onQuery={(q) => change({ q })} /></div>
        : (
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
            onOpen={open}
            onEdit={(row, column) => {
              if (readOnly || groupOf(row) || (column !== 'name' && column !== 'tags')) return false
              setEditing({ hash: row.hash, column })
              return true
            }}
            selected={marked}
            onToggle={onToggle}
            onScrolledTop={setTop}
            version={editing}
          />
        )}
      <SelectionBar after={after} readOnly={readOnly} />
    </>
  )
}

const NUMBERS = new Set(['number', 'int', 'float', 'nan', 'inf', '-inf'])
const rowKey = (r: RunRow) => r.hash

/** `Filter to` one value of a column. */
function FilterTo({ onDone }: { onDone: (value: string) => void }) {
  return (
    <form style={{ padding: '2px 8px 6px' }} onSubmit={(e) => { e.preventDefault(); const v = String(new FormData(e.currentTarget).get('v') ?? '').trim(); if (v) onDone(v) }}>
      <input className={ui.input} name="v" autoComplete="off" placeholder="Filter to a value" aria-label="Filter to a value" />
    </form>
  )
}

function RunsSkeleton() {
  return (
    <div style={{ flex: 1, padding: '42px 12px 0', overflow: 'hidden' }} role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: 18 }, (_, i) => <Skeleton key={i} style={{ width: `${55 + ((i * 37) % 40)}%`, marginBottom: 16 }} />)}
    </div>
  )
}
