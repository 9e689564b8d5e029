import { Archive, ArchiveRestore, ChevronDown, ChevronUp, Copy, Pencil, Trash2, TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { ApiError } from '../../base/api/client'
import type { RunDetail } from '../../base/api/types'
import { useWrites, withWrites } from '../../base/api/writes'
import { PageHeader, LiveChip } from '../../widgets/PageHeader'
import { useKeys } from '../../base/keys'
import { neighbours } from '../../base/runList'
import { useInfo, useLiveChange, useRun, useThrottled } from '../../base/queries'
import { navigate, usePlace } from '../../base/route'
import { copyText } from '../../base/stores'
import { RUN_TABS } from './runAddress'
import { Button, Failed, Link, Skeleton, StatusPill, TagList } from '../../widgets/basics'
import { formatDuration } from '../../base/format'
import { MenuItem, Popover } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'
import { Ago, Many } from '../../widgets/values'
import { NotesTab } from '../../parts/facts/Notes'
import css from '../../widgets/pages.module.css'
import { ParamsTab } from '../../parts/facts/Params'
import { bulk, edit } from '../../parts/edits/runActions'
import { DeletedRun, NoSuchRun } from './RunMissing'
import { lossText } from './runLoss'
import { RunMetrics } from './RunMetrics'
import { Overview } from './RunOverview'

const TABS = RUN_TABS
type Tab = (typeof TABS)[number]

export function RunPage({ parts }: { parts: Readonly<Record<string, string>> }) {
  const hash = parts.hash!
  const place = usePlace()
  const run = useRun(hash)
  const info = useInfo()
  const readOnly = info.data?.read_only ?? false
  const params = new URLSearchParams(place.search)
  const asked = params.get('tab') as Tab | null
  const tab: Tab = asked && TABS.includes(asked) ? asked : 'overview'
  const writes = useWrites((s) => s.list)
  const again = useThrottled(() => run.refetch(), 2000)
  useLiveChange((c) => {
    if (c.removed.includes(hash)) void run.refetch()
    else if (c.runs.includes(hash) || c.runs.includes('*')) again()
  })
  useEffect(() => {
    document.title = run.data ? `${run.data.name || hash.slice(0, 8)} · Aim` : 'Aim'
    return () => {
      document.title = 'Aim'
    }
  }, [run.data, hash])

  const beside = neighbours(hash)
  const step = (to: string | null) => {
    if (to) navigate(`/runs/${to}${tab === 'overview' ? '' : `?tab=${tab}`}`)
  }
  useKeys([
    { key: 'j', does: 'Next run of the list', run: () => step(beside.next) },
    { key: 'k', does: 'Previous run of the list', run: () => step(beside.previous) },
  ])

  const missing = run.error instanceof ApiError && run.error.status === 404 ? run.error : null
  if (missing) return <NoSuchRun text={hash} error={missing} />
  if (run.error && !run.data)
    return (
      <>
        <PageHeader title="Run" />
        <Failed error={run.error} retry={() => void run.refetch()} />
      </>
    )
  const stored = run.data
  if (!stored)
    return (
      <>
        <PageHeader title="Run" />
        <div style={{ padding: 24 }} aria-busy="true">
          {[60, 40, 72, 55].map((w) => (
            <Skeleton key={w} style={{ width: `${w}%`, marginBottom: 16 }} />
          ))}
        </div>
      </>
    )

  if (stored.deleted) return <DeletedRun run={stored} readOnly={readOnly} />
  const r = withWrites(stored, writes)

  const about = (what: string) => ({ hash, what: `${what} of ${r.name || hash.slice(0, 8)}` })
  const lost = lossText(r.loss)
  return (
    <>
      <PageHeader
        title={
          <EditableName
            name={r.name || hash.slice(0, 8)}
            run={stored}
            readOnly={readOnly}
            onSave={(name, base) =>
              void edit({
                ...about('Name'),
                field: 'name',
                edit: { name, base_version: base.version },
                before: base.name,
              })
            }
          />
        }
        actions={
          <>
            {beside.at >= 0 && (
              <span className={css.steps} role="group" aria-label="The list this run was opened from">
                <span className="muted wide-only">
                  <Many n={beside.at + 1} /> of <Many n={beside.of} />
                </span>
                <Button
                  icon
                  aria-label="Previous run"
                  title="Previous run of the list (k)"
                  disabled={beside.previous === null}
                  onClick={() => step(beside.previous)}
                >
                  <ChevronUp size={14} strokeWidth={1.5} />
                </Button>
                <Button
                  icon
                  aria-label="Next run"
                  title="Next run of the list (j)"
                  disabled={beside.next === null}
                  onClick={() => step(beside.next)}
                >
                  <ChevronDown size={14} strokeWidth={1.5} />
                </Button>
              </span>
            )}
            <Button icon aria-label="Copy id" title="Copy id" onClick={() => void copyText(hash, 'Id copied')}>
              <Copy size={14} strokeWidth={1.5} />
            </Button>
            {!readOnly && (
              <>
                <Button
                  icon
                  aria-label={r.archived ? 'Restore from the archive' : 'Archive'}
                  title={r.archived ? 'Restore from the archive' : 'Archive'}
                  onClick={() => void bulk([hash], r.archived ? 'unarchive' : 'archive', () => void run.refetch())}
                >
                  {r.archived ? (
                    <ArchiveRestore size={14} strokeWidth={1.5} />
                  ) : (
                    <Archive size={14} strokeWidth={1.5} />
                  )}
                </Button>
                {!r.in_place && (
                  <Button
                    icon
                    aria-label="Delete"
                    title="Delete"
                    onClick={() => void bulk([hash], 'delete', () => void run.refetch())}
                  >
                    <Trash2 size={14} strokeWidth={1.5} />
                  </Button>
                )}
              </>
            )}
          </>
        }
      >
        <StatusPill status={r.status} />
        {lost && (
          <span className={ui.note} style={{ color: 'var(--warn)' }}>
            <TriangleAlert size={14} strokeWidth={1.5} />
            {lost}
          </span>
        )}
        {(r.status === 'running' || r.status === 'stalled') && <LiveChip />}
      </PageHeader>
      {r.archived && (
        <div className={css.notice} role="status">
          <b>This run is archived</b> · lists and queries leave it out unless they ask for it
          {!readOnly && (
            <Button small onClick={() => void bulk([hash], 'unarchive', () => void run.refetch())}>
              Restore
            </Button>
          )}
        </div>
      )}
      <div className={css.sub}>
        <span>
          Experiment{' '}
          <Link to={`/runs?q=${encodeURIComponent(`run.experiment == ${JSON.stringify(r.experiment)}`)}`}>
            {r.experiment}
          </Link>
        </span>
        <Ago at={r.created_at} before="Created " />
        <span>
          Duration <span className="num">{formatDuration(r.duration)}</span>
        </span>
        {r.environment.host !== undefined && <span>Host {String(r.environment.host)}</span>}
        <Tags
          tags={r.tags}
          readOnly={readOnly}
          onAdd={(t) => void edit({ ...about('Tags'), field: 'tags', edit: { add_tags: [t] } })}
          onRemove={(t) => void edit({ ...about('Tags'), field: 'tags', edit: { remove_tags: [t] } })}
        />
        <span className="mono muted">{hash.slice(0, 12)}</span>
      </div>
      <div
        className={ui.tabs}
        role="tablist"
        aria-label="Parts of the run"
        onKeyDown={(e) => {
          const at = TABS.indexOf(tab)
          const next =
            e.key === 'ArrowRight'
              ? TABS[(at + 1) % TABS.length]
              : e.key === 'ArrowLeft'
                ? TABS[(at + TABS.length - 1) % TABS.length]
                : null
          if (next) {
            e.preventDefault()
            goTab(hash, next)
            requestAnimationFrame(() => document.getElementById(`tab-${next}`)?.focus())
          }
        }}
      >
        {TABS.map((t) => (
          <button
            key={t}
            id={`tab-${t}`}
            type="button"
            role="tab"
            aria-selected={t === tab}
            aria-controls="tab-panel"
            tabIndex={t === tab ? 0 : -1}
            className={ui.tab}
            onClick={() => goTab(hash, t)}
          >
            {t[0]!.toUpperCase() + t.slice(1)}
            {t === 'notes' && r.notes.length > 0 && (
              <>
                {' '}
                <Many className="muted" n={r.notes.length} />
              </>
            )}
            {t === 'metrics' && (
              <>
                {' '}
                <Many className="muted" n={r.sequences.length} />
              </>
            )}
          </button>
        ))}
      </div>
      <div
        id="tab-panel"
        role="tabpanel"
        aria-labelledby={`tab-${tab}`}
        style={{ flex: 1, minHeight: 0, display: 'flex', flexDirection: 'column' }}
      >
        {tab === 'overview' && (
          <Overview
            run={r}
            readOnly={readOnly}
            stored={stored}
            onDescription={(description, base) =>
              void edit({
                ...about('Description'),
                field: 'description',
                edit: { description, base_version: base.version },
                before: base.description,
              })
            }
          />
        )}
        {tab === 'params' && <ParamsTab run={r} />}
        {tab === 'metrics' && <RunMetrics run={r} />}
        {tab === 'notes' && <NotesTab run={r} stored={stored} readOnly={readOnly} />}
      </div>
    </>
  )
}

function goTab(hash: string, tab: Tab): void {
  navigate(`/runs/${hash}${tab === 'overview' ? '' : `?tab=${tab}`}`)
}

/** What is saved is based on the run as it was when the editing began. */
function EditableName({
  name,
  run,
  readOnly,
  onSave,
}: {
  name: string
  run: RunDetail
  readOnly: boolean
  onSave: (name: string, base: RunDetail) => void
}) {
  const [editing, setEditing] = useState<RunDetail | null>(null)
  const done = (text: string) => {
    if (editing && text.trim() && text.trim() !== name) onSave(text.trim(), editing)
    setEditing(null)
  }
  if (editing) {
    return (
      <input
        className={ui.input}
        style={{ width: 320, fontWeight: 600 }}
        autoFocus
        aria-label="Name"
        defaultValue={name}
        onBlur={(e) => done(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter') done(e.currentTarget.value)
          else if (e.key === 'Escape') {
            e.stopPropagation()
            setEditing(null)
          }
        }}
      />
    )
  }
  return (
    <span className={css.title}>
      <h1 title={name}>{name}</h1>
      {!readOnly && (
        <Button small icon quiet aria-label="Rename" onClick={() => setEditing(run)}>
          <Pencil size={13} strokeWidth={1.5} />
        </Button>
      )}
    </span>
  )
}

function Tags({
  tags,
  readOnly,
  onAdd,
  onRemove,
}: {
  tags: readonly string[]
  readOnly: boolean
  onAdd: (t: string) => void
  onRemove: (t: string) => void
}) {
  const [text, setText] = useState('')
  return (
    <span style={{ display: 'inline-flex', gap: 4, alignItems: 'center', flexWrap: 'wrap' }}>
      <TagList tags={tags} />
      {!readOnly && (
        <Popover
          label="Tags"
          trigger={(p) => (
            <Button small quiet {...p}>
              {tags.length > 0 ? 'Edit tags' : 'Add a tag'}
            </Button>
          )}
        >
          {(close) => (
            <form
              onSubmit={(e) => {
                e.preventDefault()
                if (text.trim()) onAdd(text.trim())
                setText('')
                close()
              }}
            >
              <input
                className={ui.input}
                placeholder="New tag"
                aria-label="New tag"
                value={text}
                onChange={(e) => setText(e.target.value)}
              />
              {tags.length > 0 && (
                <div style={{ marginTop: 4 }}>
                  {tags.slice(0, 200).map((t) => (
                    <MenuItem
                      key={t}
                      hint="remove"
                      onSelect={() => {
                        onRemove(t)
                        close()
                      }}
                    >
                      {t}
                    </MenuItem>
                  ))}
                </div>
              )}
            </form>
          )}
        </Popover>
      )}
    </span>
  )
}
