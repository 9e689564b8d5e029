import { Archive, ArchiveRestore, ChevronDown, ChevronUp, Copy, Pencil, Trash2, TriangleAlert } from 'lucide-react'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { api, ApiError } from '../api/client'
import type { MetricRun, MetricSequence, RunDetail, SequenceSummary } from '../api/types'
import { Header, LiveChip } from '../app/Header'
import { useKeys } from '../app/keys'
import { neighbours } from '../app/list'
import { useInfo, useLiveChange, useRun, useThrottled } from '../app/queries'
import { currentPlace, navigate, usePlace } from '../app/route'
import shell from '../app/shell.module.css'
import { copyText, toast } from '../app/stores'
import { formatMetrics, METRICS_DEFAULT, parseMetrics, RUN_TABS, type MetricsView } from '../app/views'
import { Button, Code, cx, Empty, Failed, Link, Skeleton, StatusPill, Tag } from '../ui/basics'
import { formatAgo, formatCell, formatCount, formatDateTime, formatDuration, formatValue, plural } from '../ui/format'
import { Markdown } from '../ui/Markdown'
import { MenuItem, Popover } from '../ui/Popover'
import ui from '../ui/ui.module.css'
import { ChartsPane, useModel, type ChangeView } from './ChartsPane'
import { contextText } from './columns'
import { MetricChips } from './MetricChips'
import { NotesTab } from './Notes'
import css from './pages.module.css'
import { ParamsTab } from './Params'
import { bulk } from './runActions'
import { DeletedRun, NoSuchRun } from './RunMissing'

const TABS = RUN_TABS
type Tab = (typeof TABS)[number]
/** All contexts of a name on one chart. */
const RUN_VIEW: MetricsView = { ...METRICS_DEFAULT, colour: 'context', facets: ['metric.name'] }

export function RunPage({ hash }: { hash: string }) {
  const place = usePlace()
  const queries = useQueryClient()
  const run = useRun(hash)
  const info = useInfo()
  const readOnly = info.data?.read_only ?? false
  const params = new URLSearchParams(place.search)
  const asked = params.get('tab') as Tab | null
  const tab: Tab = asked && TABS.includes(asked) ? asked : 'overview'
  const set = useCallback((r: RunDetail) => queries.setQueryData(['run', hash], r), [queries, hash])
  const again = useThrottled(() => void run.refetch(), 2000)
  useLiveChange((c) => {
    if (c.removed.includes(hash)) void run.refetch()
    else if (c.runs.includes(hash) || c.runs.includes('*')) again()
  })
  useEffect(() => {
    document.title = run.data ? `${run.data.name || hash.slice(0, 8)} · Aim` : 'Aim'
    return () => { document.title = 'Aim' }
  }, [run.data, hash])

  const beside = neighbours(hash)
  const step = (to: string | null) => { if (to) navigate(`/runs/${to}${tab === 'overview' ? '' : `?tab=${tab}`}`) }
  useKeys([
    { key: 'j', does: 'Next run of the list', run: () => step(beside.next) },
    { key: 'k', does: 'Previous run of the list', run: () => step(beside.previous) },
  ])

  const missing = run.error instanceof ApiError && run.error.status === 404 ? run.error : null
  if (missing) return <NoSuchRun text={hash} error={missing} />
  if (run.error && !run.data) return <><Header title="Run" /><Failed error={run.error} retry={() => void run.refetch()} /></>
  const r = run.data
  if (!r) return <><Header title="Run" /><div style={{ padding: 24 }} aria-busy="true">{[60, 40, 72, 55].map((w) => <Skeleton key={w} style={{ width: `${w}%`, marginBottom: 16 }} />)}</div></>

  if (r.deleted) return <DeletedRun run={r} readOnly={readOnly} />

  const edit = async (e: Parameters<typeof api.edit>[1], optimistic: Partial<RunDetail>) => {
    set({ ...r, ...optimistic })
    try {
      set(await api.edit(hash, e))
    } catch (error) {
      set(r)
      toast(error instanceof ApiError && error.code === 'conflict' ? 'Someone else changed this run meanwhile: it has been loaded again' : error instanceof Error ? error.message : String(error), { kind: 'error' })
      if (error instanceof ApiError && error.code === 'conflict') void run.refetch()
    }
  }
  const lost = r.loss.lost_points + r.loss.lost_events
  return (
    <>
      <Header
        title={<EditableName name={r.name || hash.slice(0, 8)} readOnly={readOnly} onSave={(name) => void edit({ name, base_version: r.version }, { name })} />}
        actions={
          <>
            {beside.at >= 0 && (
              <span className={css.steps} role="group" aria-label="The list this run was opened from">
                <span className="num muted wide-only">{formatCount(beside.at + 1)} of {formatCount(beside.of)}</span>
                <Button icon aria-label="Previous run" title="Previous run of the list (k)" disabled={beside.previous === null} onClick={() => step(beside.previous)}><ChevronUp size={14} strokeWidth={1.5} /></Button>
                <Button icon aria-label="Next run" title="Next run of the list (j)" disabled={beside.next === null} onClick={() => step(beside.next)}><ChevronDown size={14} strokeWidth={1.5} /></Button>
              </span>
            )}
            <Button icon aria-label="Copy id" title="Copy id" onClick={() => void copyText(hash, 'Id copied')}><Copy size={14} strokeWidth={1.5} /></Button>
            {!readOnly && (
              <>
                <Button icon aria-label={r.archived ? 'Restore from the archive' : 'Archive'} title={r.archived ? 'Restore from the archive' : 'Archive'} onClick={() => void bulk([hash], r.archived ? 'unarchive' : 'archive', () => void run.refetch())}>
                  {r.archived ? <ArchiveRestore size={14} strokeWidth={1.5} /> : <Archive size={14} strokeWidth={1.5} />}
                </Button>
                <Button icon aria-label="Delete" title="Delete" onClick={() => void bulk([hash], 'delete', () => void run.refetch())}><Trash2 size={14} strokeWidth={1.5} /></Button>
              </>
            )}
          </>
        }
      >
        <StatusPill status={r.status} />
        {lost > 0 && <span className={ui.note} style={{ color: 'var(--warn)' }}><TriangleAlert size={14} strokeWidth={1.5} />{plural(lost, 'point')} lost{causes(r.loss.causes)}</span>}
        {(r.status === 'running' || r.status === 'stalled') && <LiveChip />}
      </Header>
      {r.archived && (
        <div className={css.notice} role="status">
          <b>This run is archived</b> · lists and queries leave it out unless they ask for it
          {!readOnly && <Button small onClick={() => void bulk([hash], 'unarchive', () => void run.refetch())}>Restore</Button>}
        </div>
      )}
      <div className={css.sub}>
        <span>Experiment <Link to={`/runs?q=${encodeURIComponent(`run.experiment == ${JSON.stringify(r.experiment)}`)}`}>{r.experiment}</Link></span>
        <span title={formatDateTime(r.created_at)}>Created {formatAgo(r.created_at)}</span>
        <span>Duration <span className="num">{formatDuration(r.duration)}</span></span>
        {r.environment.host !== undefined && <span>Host {String(r.environment.host)}</span>}
        <Tags tags={r.tags} readOnly={readOnly} onAdd={(t) => void edit({ add_tags: [t] }, { tags: [...r.tags, t] })} onRemove={(t) => void edit({ remove_tags: [t] }, { tags: r.tags.filter((k) => k !== t) })} />
        <span className="mono muted">{hash.slice(0, 12)}</span>
      </div>
      <div className={ui.tabs} role="tablist" aria-label="Parts of the run" onKeyDown={(e) => {
        const at = TABS.indexOf(tab)
        const next = e.key === 'ArrowRight' ? TABS[(at + 1) % TABS.length] : e.key === 'ArrowLeft' ? TABS[(at + TABS.length - 1) % TABS.length] : null
        if (next) {
          e.preventDefault()
          goTab(hash, next)
          requestAnimationFrame(() => document.getElementById(`tab-${next}`)?.focus())
        }
      }}>
        {TABS.map((t) => (
          <button key={t} id={`tab-${t}`} type="button" role="tab" aria-selected={t === tab} aria-controls="tab-panel" tabIndex={t === tab ? 0 : -1} className={ui.tab} onClick={() => goTab(hash, t)}>
            {t[0]!.toUpperCase() + t.slice(1)}
            {t === 'notes' && r.notes.length > 0 && <span className="muted num"> {formatCount(r.notes.length)}</span>}
            {t === 'metrics' && <span className="muted num"> {formatCount(r.sequences.length)}</span>}
          </button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} style={{ flex: 1, minHeight: 0, display: 'flex', flexDirection: 'column' }}>
        {tab === 'overview' && <Overview run={r} readOnly={readOnly} onDescription={(description) => void edit({ description, base_version: r.version }, { description })} />}
        {tab === 'params' && <ParamsTab params={r.params} />}
        {tab === 'metrics' && <RunMetrics run={r} />}
        {tab === 'notes' && <NotesTab run={r} readOnly={readOnly} onRun={set} />}
      </div>
    </>
  )
}

function goTab(hash: string, tab: Tab): void {
  navigate(`/runs/${hash}${tab === 'overview' ? '' : `?tab=${tab}`}`)
}

function causes(c: unknown): string {
  const list = Array.isArray(c)
    ? c.map((x: unknown) => (x !== null && typeof x === 'object' ? String((x as { cause?: unknown }).cause ?? '') : String(x)))
    : c !== null && typeof c === 'object' ? Object.keys(c) : []
  const text = list.filter(Boolean).join(', ')
  return text ? `: ${text}` : ''
}

function EditableName({ name, readOnly, onSave }: { name: string; readOnly: boolean; onSave: (name: string) => void }) {
  const [editing, setEditing] = useState(false)
  const done = (text: string) => {
    setEditing(false)
    if (text.trim() && text.trim() !== name) onSave(text.trim())
  }
  if (editing) {
    return (
      <input className={ui.input} style={{ width: 320, fontWeight: 600 }} autoFocus aria-label="Name" defaultValue={name} onBlur={(e) => done(e.target.value)} onKeyDown={(e) => {
        if (e.key === 'Enter') done(e.currentTarget.value)
        else if (e.key === 'Escape') { e.stopPropagation(); setEditing(false) }
      }} />
    )
  }
  return (
    <span className={css.title}>
      <h1 title={name}>{name}</h1>
      {!readOnly && <Button small icon quiet aria-label="Rename" onClick={() => setEditing(true)}><Pencil size={13} strokeWidth={1.5} /></Button>}
    </span>
  )
}

function Tags({ tags, readOnly, onAdd, onRemove }: { tags: readonly string[]; readOnly: boolean; onAdd: (t: string) => void; onRemove: (t: string) => void }) {
  const [text, setText] = useState('')
  return (
    <span style={{ display: 'inline-flex', gap: 4, alignItems: 'center', flexWrap: 'wrap' }}>
      {tags.map((t) => <Tag key={t}>{t}</Tag>)}
      {!readOnly && (
        <Popover label="Tags" trigger={(p) => <Button small quiet {...p}>{tags.length > 0 ? 'Edit tags' : 'Add a tag'}</Button>}>
          {(close) => (
            <form onSubmit={(e) => { e.preventDefault(); if (text.trim()) onAdd(text.trim()); setText(''); close() }}>
              <input className={ui.input} placeholder="New tag" aria-label="New tag" value={text} onChange={(e) => setText(e.target.value)} />
              {tags.length > 0 && <div style={{ marginTop: 4 }}>{tags.map((t) => <MenuItem key={t} hint="remove" onSelect={() => { onRemove(t); close() }}>{t}</MenuItem>)}</div>}
            </form>
          )}
        </Popover>
      )}
    </span>
  )
}

function Panel({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <section className={css.panel}>
      <h2>{title}<span style={{ marginLeft: 'auto', fontWeight: 400 }}>{aside}</span></h2>
      {children}
    </section>
  )
}

function leaves(o: Readonly<Record<string, unknown>>, prefix = '', out: [string, unknown][] = []): [string, unknown][] {
  for (const [k, v] of Object.entries(o)) {
    const path = prefix ? `${prefix}.${k}` : k
    if (v !== null && typeof v === 'object' && !Array.isArray(v) && Object.keys(v).length > 0) leaves(v as Record<string, unknown>, path, out)
    else out.push([path, v])
  }
  return out
}

const KEY_PARAMS = 16

function Overview({ run, readOnly, onDescription }: { run: RunDetail; readOnly: boolean; onDescription: (text: string) => void }) {
  const [editing, setEditing] = useState(false)
  const [text, setText] = useState(run.description)
  const params = useMemo(() => leaves(run.params), [run.params])
  const env = run.environment
  const argv = env.argv ?? env.command
  const command = Array.isArray(argv) ? argv.map((a) => (/^[\w@%+=:,./-]+$/.test(String(a)) ? String(a) : `'${String(a).replace(/'/g, "'\\''")}'`)).join(' ') : typeof argv === 'string' ? argv : ''
  const shown = Object.entries(env).filter(([k, v]) => k !== 'argv' && k !== 'command' && v !== null && v !== '')
  return (
    <div className={css.scroll} tabIndex={-1}>
      <div className={css.overview}>
        <div className={css.stack} style={{ gap: 16 }}>
          {run.error && (
            <section className={css.panel} role="alert" style={{ borderColor: 'var(--err)' }}>
              <div className={css.panelBody}><b className={ui.errText}>{run.error.type}</b> <span className="mono">{run.error.message}</span></div>
            </section>
          )}
          <Panel title="Description" aside={!readOnly && !editing && <Button small quiet onClick={() => { setText(run.description); setEditing(true) }}>Edit</Button>}>
            <div className={css.panelBody}>
              {editing ? (
                <>
                  <textarea className={ui.area} autoFocus aria-label="Description, in Markdown" value={text} onChange={(e) => setText(e.target.value)} />
                  <div style={{ display: 'flex', gap: 8, marginTop: 8 }}>
                    <Button primary onClick={() => { setEditing(false); onDescription(text) }}>Save</Button>
                    <Button onClick={() => setEditing(false)}>Cancel</Button>
                  </div>
                </>
              ) : run.description ? <Markdown text={run.description} /> : <span className="muted">What this run is for. Markdown.</span>}
            </div>
          </Panel>
          <Panel title="Metrics" aside={<Link to={`/runs/${run.hash}?tab=metrics`}>Charts</Link>}>
            {run.sequences.length === 0 ? <div className={css.panelBody}><p className="muted">Nothing tracked yet. <code>aim.track(value, name="loss")</code></p></div> : (
              <div style={{ overflowX: 'auto' }}>
                <table className={css.table}>
                  <thead><tr><th>Metric</th><th className={css.r}>Last</th><th className={css.r}>Min</th><th className={css.r}>Max</th><th className={css.r}>Last step</th><th className={css.r}>Points</th></tr></thead>
                  <tbody>
                    {run.sequences.slice(0, 200).map((s) => (
                      <tr key={`${s.name} ${JSON.stringify(s.context)}`}>
                        <td>{s.name} <span className="muted">{contextText(s.context)}</span></td>
                        <td className={css.r}><b>{formatCell(s.last)}</b></td>
                        <td className={css.r}>{formatCell(s.min)}</td>
                        <td className={css.r}>{formatCell(s.max)}</td>
                        <td className={css.r}>{formatCount(s.last_step)}</td>
                        <td className={css.r}>{formatCount(s.count)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </Panel>
          {command && <Panel title="Command"><div className={css.panelBody}><Code>{command}</Code></div></Panel>}
        </div>
        <div className={css.stack} style={{ gap: 16 }}>
          <Panel title="Params" aside={<Link to={`/runs/${run.hash}?tab=params`}>All {formatCount(params.length)}</Link>}>
            <div className={css.panelBody}>
              {params.length === 0 ? <span className="muted">None. <code>aim.set_params({'{…}'})</code></span> : (
                <dl className={css.kv}>
                  {params.slice(0, KEY_PARAMS).map(([k, v]) => [<dt key={`${k}-t`} title={k}>{k}</dt>, <dd key={k} className="num">{formatValue(v)}</dd>])}
                </dl>
              )}
            </div>
          </Panel>
          <Panel title="Environment">
            <div className={css.panelBody}>
              <dl className={css.kv}>
                {shown.map(([k, v]) => [<dt key={`${k}-t`}>{k}</dt>, <dd key={k}>{formatValue(v)}</dd>])}
                {shown.length === 0 && <span className="muted">Not recorded</span>}
              </dl>
            </div>
          </Panel>
          <Panel title="Recording">
            <div className={css.panelBody}>
              <dl className={css.kv}>
                <dt>Ended</dt><dd>{run.ended_at ? formatDateTime(run.ended_at) : 'not yet'}</dd>
                <dt>Source</dt><dd>{run.source}</dd>
                <dt>Points lost</dt><dd className={cx('num', run.loss.lost_points > 0 && ui.warnText)}>{formatCount(run.loss.lost_points)}</dd>
                <dt>Rejected</dt><dd className="num">{formatCount(run.loss.rejected)}</dd>
                <dt>Id</dt><dd className="mono">{run.hash}</dd>
              </dl>
            </div>
          </Panel>
        </div>
      </div>
    </div>
  )
}

function idOf(run: RunDetail, s: SequenceSummary, i: number): string {
  return s.id ?? `${run.hash}/${i}`
}

function RunMetrics({ run }: { run: RunDetail }) {
  const { search } = usePlace()
  const [find, setFind] = useState('')
  const view = useMemo(() => {
    const parsed = parseMetrics(search).view
    return { ...parsed, colour: new URLSearchParams(search).has('c') ? parsed.colour : RUN_VIEW.colour, facets: parsed.facets ?? RUN_VIEW.facets }
  }, [search])
  const change = useCallback<ChangeView>((patch, mode = 'push') => {
    const { search: now } = currentPlace()
    const parsed = parseMetrics(now).view
    const merged = { ...parsed, colour: new URLSearchParams(now).has('c') ? parsed.colour : RUN_VIEW.colour, facets: parsed.facets ?? RUN_VIEW.facets, ...patch }
    // What is the default here is not the default of the Metrics page.
    const plain = { ...merged, colour: merged.colour === RUN_VIEW.colour ? METRICS_DEFAULT.colour : merged.colour, facets: JSON.stringify(merged.facets) === JSON.stringify(RUN_VIEW.facets) ? null : merged.facets }
    navigate(`/runs/${run.hash}${formatMetrics(plain, [['tab', 'metrics']])}`, mode)
  }, [run.hash])
  // Summaries change with every live point; the charts only care which sequences there are.
  const shape = JSON.stringify(run.sequences.map((s, i) => [idOf(run, s, i), s.name, s.context]))
  const sequences = useMemo<MetricSequence[]>(
    () => run.sequences.map((s, i) => ({ id: idOf(run, s, i), run: run.hash, name: s.name, context: s.context, count: s.count, first_step: s.first_step, last_step: s.last_step, last: s.last, min: s.min, max: s.max, nan_count: 0 })),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [shape],
  )
  const runs = useMemo<Record<string, MetricRun>>(() => ({ [run.hash]: { name: run.name, experiment: run.experiment, status: run.status, created_at: run.created_at, tags: run.tags, params: run.params } }),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [run.hash, run.name, run.status])
  const shown = useMemo(() => (find.trim() ? sequences.filter((s) => `${s.name} ${contextText(s.context)}`.toLowerCase().includes(find.trim().toLowerCase())) : sequences), [sequences, find])
  const model = useModel(shown, runs, view)
  if (sequences.length === 0) {
    return (
      <Empty title="Nothing tracked yet">
        <p>Charts of this run's metrics appear here.</p>
        <Code>{'aim.track(loss, name="loss", step=step, subset="train")'}</Code>
      </Empty>
    )
  }
  return (
    <>
      <div className={shell.query}>
        <input className={ui.input} style={{ width: 200 }} placeholder="Find a metric" aria-label="Find a metric" value={find} onChange={(e) => setFind(e.target.value)} />
        <div className={shell.queryChips}><MetricChips view={view} change={change} sequences={sequences} runs={runs} groups={model.groups} single /></div>
      </div>
      <div className={css.charts}>
        {model.charts.length === 0 ? <Empty title={`No metric named like “${find}”`} /> : <ChartsPane model={model} view={view} change={change} hiddenLines={NONE} onlySelected={false} />}
      </div>
    </>
  )
}

const NONE: ReadonlySet<string> = new Set()
