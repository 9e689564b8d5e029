// The first page: what is running, what ran last, and the repo in figures.

import { Search } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import type { HomeRow } from '../../base/api/types'
import { Count, PageHeader, LiveChip } from '../../widgets/PageHeader'
import { useKeys } from '../../base/keys'
import { rememberList } from '../../base/runList'
import { runQuery } from '../../base/runQuery'
import { useHome, useInfo } from '../../base/queries'
import { navigate } from '../../base/route'
import { clearHover, setHover } from '../../base/hover'
import { Button, Failed, Link, Skeleton, Sparkline, StatusPill } from '../../widgets/basics'
import { formatBytes, formatDuration, plural } from '../../base/format'
import ui from '../../widgets/ui.module.css'
import { Ago, Many, Num } from '../../widgets/values'
import { contextText } from '../../parts/fields/columns'
import { DemoProgress, FirstStart } from '../../parts/start/FirstStart'
import { Days } from './HomeDays'
import { ExperimentList, inExperiment } from './HomeExperiments'
import { InPlaceFacts } from '../../parts/facts/InPlaceFacts'
import css from '../../widgets/pages.module.css'

export function HomePage() {
  const home = useHome()
  const info = useInfo()
  const groups = useMemo(() => {
    const out: { experiment: string; rows: HomeRow[] }[] = []
    for (const r of home.data?.recent ?? []) {
      const g = out.find((o) => o.experiment === r.experiment)
      if (g) g.rows.push(r)
      else out.push({ experiment: r.experiment, rows: [r] })
    }
    return out
  }, [home.data])
  const h = home.data
  const runs = info.data?.runs ?? h?.totals.runs ?? 0
  // On the page of a run, j and k go through what is listed here.
  const remember = () =>
    rememberList([
      ...new Set([...(h?.active ?? []).map((r) => r.hash), ...groups.flatMap((g) => g.rows.map((r) => r.hash))]),
    ])
  return (
    <>
      <PageHeader title="Home">
        {info.data && <Count>{plural(info.data.runs - info.data.archived_runs, 'run')}</Count>}
        <LiveChip />
      </PageHeader>
      {home.error && !h ? (
        <Failed error={home.error} retry={() => void home.refetch()} />
      ) : !h ? (
        <div style={{ padding: 24 }} aria-busy="true">
          {Array.from({ length: 10 }, (_, i) => (
            <Skeleton key={i} style={{ marginBottom: 16, width: `${40 + ((i * 23) % 50)}%` }} />
          ))}
        </div>
      ) : runs === 0 && h.recent.length === 0 ? (
        <div className={css.scroll} tabIndex={-1}>
          <FirstStart />
        </div>
      ) : (
        <div className={css.scroll} tabIndex={-1}>
          <DemoProgress />
          <div className={css.home}>
            <SearchField />
            <div className={css.stack} onClickCapture={remember}>
              {h.active.length > 0 && (
                <section className={css.section}>
                  <h2>
                    Active runs <Many className="muted" n={h.active.length} />
                  </h2>
                  <div className={css.cards}>
                    {h.active.map((r) => (
                      <ActiveCard key={r.hash} run={r} />
                    ))}
                  </div>
                </section>
              )}
              <section className={css.section}>
                <h2>Recent</h2>
                <div className={css.stack} style={{ gap: 12 }}>
                  {groups.map((g) => (
                    <div key={g.experiment} className={css.recent}>
                      <div className={css.recentHead}>
                        <Link to={inExperiment(g.experiment)}>{g.experiment}</Link>
                      </div>
                      {g.rows.map((r) => (
                        <RecentRow key={r.hash} run={r} />
                      ))}
                    </div>
                  ))}
                </div>
              </section>
            </div>
            <div className={css.stack}>
              <ExperimentList experiments={h.experiments} readOnly={info.data?.read_only ?? true} />
              <section className={css.section}>
                <h2>
                  Activity{' '}
                  <span className="muted" style={{ fontWeight: 400 }}>
                    last 26 weeks
                  </span>
                </h2>
                <Days activity={h.activity} />
              </section>
              <section className={css.section}>
                <h2>This repo</h2>
                <dl className={css.facts}>
                  <dt>Runs</dt>
                  <dd>
                    <Many n={runs} />
                  </dd>
                  {info.data && (
                    <>
                      {info.data.archived_runs > 0 && (
                        <>
                          <dt>Archived</dt>
                          <dd>
                            <Link to="/runs?q=run.archived">
                              <Many n={info.data.archived_runs} />
                            </Link>
                          </dd>
                        </>
                      )}
                      <dt>Points</dt>
                      <dd>
                        <Many n={info.data.points} />
                      </dd>
                      <dt>Size</dt>
                      <dd className="num" title={`${info.data.size_bytes} bytes: runs, trash and index`}>
                        {formatBytes(info.data.size_bytes)}
                      </dd>
                      <dt>Path</dt>
                      <dd title={info.data.repo_path} className={`mono ${css.fromEnd}`}>
                        <bdi>{info.data.repo_path}</bdi>
                      </dd>
                      <dt>Version</dt>
                      <dd className="num">{info.data.version}</dd>
                    </>
                  )}
                </dl>
              </section>
              {h.unreadable.count > 0 && (
                <section className={css.section}>
                  <h2>{plural(h.unreadable.count, 'run')} could not be read</h2>
                  <dl className={css.facts}>
                    {h.unreadable.runs.map((r) => [
                      <dt key={`${r.hash}-t`} className="mono" title={r.hash}>
                        {r.hash.slice(0, 8)}
                      </dt>,
                      <dd key={r.hash}>{r.reason}</dd>,
                    ])}
                  </dl>
                  <p className="muted">
                    More: <code>aim doctor</code>
                  </p>
                </section>
              )}
              {h.in_place && (
                <section className={css.section}>
                  <h2>Read in place</h2>
                  <InPlaceFacts found={h.in_place} />
                </section>
              )}
            </div>
          </div>
        </div>
      )}
    </>
  )
}

function SearchField() {
  const [text, setText] = useState('')
  const input = useRef<HTMLInputElement>(null)
  useKeys([{ key: '/', does: 'Search', run: () => input.current?.focus() }])
  return (
    <form
      className={css.search}
      role="search"
      onSubmit={(e) => {
        e.preventDefault()
        if (text.trim())
          navigate(
            `/runs?q=${encodeURIComponent(/[=<>]|\b(in|and|or|not)\b/.test(text) ? text.trim() : runQuery(text))}`,
          )
      }}
    >
      <input
        ref={input}
        className={ui.input}
        placeholder="Search runs by name, experiment, id, or a query"
        aria-label="Search"
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      <Button primary type="submit">
        <Search size={14} strokeWidth={1.5} /> Search
      </Button>
    </form>
  )
}

function hovering(hash: string) {
  return {
    'data-run': hash,
    onPointerEnter: () => setHover({ run: hash, line: null, x: null, chart: null, group: null }),
    onPointerLeave: clearHover,
  }
}

function ActiveCard({ run }: { run: HomeRow }) {
  const line = run.headline
  return (
    <Link to={`/runs/${run.hash}`} className={css.card}>
      <span className={css.cardHead}>
        <b>{run.name || run.hash.slice(0, 8)}</b>
        <span style={{ marginLeft: 'auto' }}>
          <StatusPill status={run.status} />
        </span>
      </span>
      <span className={css.cardBody}>
        <span>
          {line ? (
            <>
              <span className={css.small}>
                {line.name} {contextText(line.context)}
              </span>
              <br />
              <Num value={line.last} className={css.big} />
            </>
          ) : (
            <span className={css.small}>no metric yet</span>
          )}
        </span>
        {line && <Sparkline values={line.spark} width={140} height={32} />}
      </span>
      <span className={css.small}>
        {run.experiment} · {formatDuration(run.duration)}
        {line && (
          <>
            {' '}
            · step <Many n={line.last_step} />
            {line.last_time !== null && (
              <>
                {' '}
                · <Ago at={line.last_time} />
              </>
            )}
          </>
        )}
      </span>
    </Link>
  )
}

function RecentRow({ run }: { run: HomeRow }) {
  const line = run.headline
  return (
    <div {...hovering(run.hash)}>
      <Link to={`/runs/${run.hash}`} className={css.recentRow}>
        <span className="ellipsis">{run.name || run.hash.slice(0, 8)}</span>
        <span style={{ display: 'flex' }}>
          <StatusPill status={run.status} />
        </span>
        <span className={css.recentLine} title={line ? `${line.name} ${contextText(line.context)}` : undefined}>
          {line && (
            <>
              <Sparkline values={line.spark} width={64} height={18} />
              <span className="muted ellipsis">{line.name}</span>
              <Num value={line.last} column />
            </>
          )}
        </span>
        <span className="ellipsis muted">{run.tags.join(', ')}</span>
        <span className="num muted">{formatDuration(run.duration)}</span>
        <Ago className="muted" at={run.created_at} />
      </Link>
    </div>
  )
}
