import { Search } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { RunRow } from '../api/types'
import { Count, Header, LiveChip } from '../app/Header'
import { runQuery } from '../app/Palette'
import { useHome, useInfo } from '../app/queries'
import { navigate } from '../app/route'
import { clearHover, setHover } from '../charts/hover'
import { Button, Failed, Link, Skeleton, Sparkline, StatusPill } from '../ui/basics'
import { formatAgo, formatBytes, formatCount, formatDateTime, formatDuration, formatNumber, plural } from '../ui/format'
import ui from '../ui/ui.module.css'
import { contextText } from './columns'
import { DemoProgress, FirstStart } from './FirstStart'
import css from './pages.module.css'

const WEEKS = 26

export function HomePage() {
  const home = useHome()
  const info = useInfo()
  const [text, setText] = useState('')
  const groups = useMemo(() => {
    const out: { experiment: string; rows: RunRow[] }[] = []
    for (const r of home.data?.recent ?? []) {
      const g = out.find((o) => o.experiment === r.experiment)
      if (g) g.rows.push(r)
      else out.push({ experiment: r.experiment, rows: [r] })
    }
    return out
  }, [home.data])
  const h = home.data
  const experiments = (h?.experiments ?? []).map((e) => (typeof e === 'string' ? { name: e, runs: 0 } : e))
  const runs = info.data?.runs ?? h?.totals.runs ?? 0
  return (
    <>
      <Header title="Home">
        {info.data && <Count>{plural(info.data.runs, 'run')}</Count>}
        <LiveChip />
      </Header>
      {home.error && !h ? <Failed error={home.error} retry={() => void home.refetch()} />
        : !h ? <div style={{ padding: 24 }} aria-busy="true">{Array.from({ length: 10 }, (_, i) => <Skeleton key={i} style={{ marginBottom: 16, width: `${40 + ((i * 23) % 50)}%` }} />)}</div>
        : runs === 0 && h.recent.length === 0 ? <FirstStart />
        : (
          <div className={css.scroll} tabIndex={-1}>
            <DemoProgress />
            <div className={css.home}>
              <form
                className={css.search}
                role="search"
                onSubmit={(e) => {
                  e.preventDefault()
                  if (text.trim()) navigate(`/runs?q=${encodeURIComponent(/[=<>]|\b(in|and|or|not)\b/.test(text) ? text.trim() : runQuery(text))}`)
                }}
              >
                <input className={ui.input} placeholder="Search runs by name, experiment, id, or a query" aria-label="Search" value={text} onChange={(e) => setText(e.target.value)} />
                <Button primary type="submit"><Search size={14} strokeWidth={1.5} /> Search</Button>
              </form>
              <div className={css.stack}>
                {h.active.length > 0 && (
                  <section className={css.section}>
                    <h2>Active runs <span className="muted num">{formatCount(h.active.length)}</span></h2>
                    <div className={css.cards}>
                      {h.active.map((r) => (
                        <Link key={r.hash} to={`/runs/${r.hash}`} className={css.card}>
                          <span className={css.cardHead}><b>{r.name || r.hash.slice(0, 8)}</b><span style={{ marginLeft: 'auto' }}><StatusPill status={r.status} /></span></span>
                          <span className={css.cardBody}>
                            <span>
                              {r.headline ? (
                                <>
                                  <span className={css.small}>{r.headline.name} {contextText(r.headline.context)}</span>
                                  <br />
                                  <span className={`${css.big} num`}>{formatNumber(r.headline.last)}</span>
                                </>
                              ) : <span className={css.small}>no metric yet</span>}
                            </span>
                            {r.headline && <Sparkline values={r.headline.spark} />}
                          </span>
                          <span className={css.small}>
                            {r.experiment} · {formatDuration(r.duration)}
                            {r.headline?.last_step !== undefined ? ` · step ${formatCount(r.headline.last_step)}` : ''}
                          </span>
                        </Link>
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
                          <Link to={`/runs?q=${encodeURIComponent(`run.experiment == ${JSON.stringify(g.experiment)}`)}`}>{g.experiment}</Link>
                        </div>
                        {g.rows.map((r) => (
                          <div key={r.hash} data-run={r.hash} onPointerEnter={() => setHover({ run: r.hash, line: null, x: null, chart: null, group: null })} onPointerLeave={clearHover}>
                            <Link to={`/runs/${r.hash}`} className={css.recentRow}>
                              <span className="ellipsis">{r.name || r.hash.slice(0, 8)}</span>
                              <span style={{ display: 'flex' }}><StatusPill status={r.status} /></span>
                              <span className="ellipsis muted">{r.tags.join(', ')}</span>
                              <span className="num muted">{formatDuration(r.duration)}</span>
                              <span className="muted" title={formatDateTime(r.created_at)}>{formatAgo(r.created_at)}</span>
                            </Link>
                          </div>
                        ))}
                      </div>
                    ))}
                  </div>
                </section>
              </div>
              <div className={css.stack}>
                <section className={css.section}>
                  <h2>Experiments</h2>
                  {experiments.map((e) => (
                    <Link key={e.name} to={`/runs?q=${encodeURIComponent(`run.experiment == ${JSON.stringify(e.name)}`)}`} className={css.listLink}>
                      <span className="ellipsis">{e.name}</span>
                      <span className="muted num">{formatCount(e.runs)}</span>
                    </Link>
                  ))}
                </section>
                <section className={css.section}>
                  <h2>This repo</h2>
                  <dl className={css.facts}>
                    <dt>Runs</dt><dd className="num">{formatCount(runs)}</dd>
                    {info.data && <><dt>Running</dt><dd className="num">{formatCount(info.data.active_runs)}</dd></>}
                    {info.data && info.data.archived_runs > 0 && <><dt>Archived</dt><dd className="num"><Link to="/runs?q=run.archived">{formatCount(info.data.archived_runs)}</Link></dd></>}
                    {info.data && <><dt>Points</dt><dd className="num">{formatCount(info.data.points)}</dd><dt>Size</dt><dd className="num">{formatBytes(info.data.size_bytes)}</dd><dt>Path</dt><dd title={info.data.repo_path} className="mono">{info.data.repo_path}</dd><dt>Version</dt><dd className="num">{info.data.version}</dd></>}
                  </dl>
                </section>
                <section className={css.section}>
                  <h2>Activity <span className="muted" style={{ fontWeight: 400 }}>last {WEEKS} weeks</span></h2>
                  <Days activity={h.activity} />
                </section>
              </div>
            </div>
          </div>
        )}
    </>
  )
}

function dayText(d: Date): string {
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`
}

/** A column per week, Monday on top; a day opens its runs. */
function Days({ activity }: { activity: readonly { day: string; runs: number }[] }) {
  const counts = new Map(activity.map((a) => [a.day, a.runs]))
  const most = Math.max(1, ...counts.values())
  const today = new Date()
  const start = new Date(today.getFullYear(), today.getMonth(), today.getDate() - ((today.getDay() + 6) % 7) - 7 * (WEEKS - 1))
  const days: { day: string; next: string; n: number }[] = []
  for (const d = new Date(start); d <= today; d.setDate(d.getDate() + 1)) {
    const next = new Date(d)
    next.setDate(d.getDate() + 1)
    days.push({ day: dayText(d), next: dayText(next), n: counts.get(dayText(d)) ?? 0 })
  }
  const total = days.reduce((s, d) => s + d.n, 0)
  return (
    <div className={css.days} role="group" aria-label={`${plural(total, 'run')} in ${WEEKS} weeks`} style={{ width: '100%', gridAutoColumns: 'minmax(0, 1fr)', gap: 2 }}>
      {days.map((d) =>
        d.n > 0 ? (
          <Link
            key={d.day}
            to={`/runs?q=${encodeURIComponent(`run.created_at >= datetime(${d.day.split('-').map(Number).join(', ')}) and run.created_at < datetime(${d.next.split('-').map(Number).join(', ')})`)}`}
            title={`${d.day}: ${plural(d.n, 'run')}`}
            aria-label={`${d.day}: ${plural(d.n, 'run')}`}
          >
            <span className={css.day} data-n={Math.max(1, Math.min(4, Math.ceil(4 * Math.sqrt(d.n / most))))} style={{ display: 'block', width: '100%' }} />
          </Link>
        ) : <span key={d.day} className={css.day} style={{ width: '100%' }} title={`${d.day}: none`} />,
      )}
    </div>
  )
}
