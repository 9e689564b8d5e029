// The runs of the first page: those at work as cards, the newest ones by experiment.

import type { HomeRow } from '../../base/api/types'
import { formatDuration } from '../../base/format'
import { clearHover, setHover } from '../../base/hover'
import { contextText } from '../../parts/fields/columns'
import { RunSwatch } from '../../parts/facts/RunColour'
import { Link, Sparkline, StatusPill } from '../../widgets/basics'
import css from '../../widgets/pages.module.css'
import { Ago, Many, Num } from '../../widgets/values'
import { inExperiment } from './HomeExperiments'

export interface ExperimentRows {
  readonly experiment: string
  readonly rows: readonly HomeRow[]
}

/** Runs by experiment, in the order in which they come. */
export function byExperiment(rows: readonly HomeRow[]): ExperimentRows[] {
  const groups = new Map<string, HomeRow[]>()
  for (const r of rows) {
    const group = groups.get(r.experiment)
    if (group) group.push(r)
    else groups.set(r.experiment, [r])
  }
  return [...groups].map(([experiment, list]) => ({ experiment, rows: list }))
}

export function ActiveRuns({ active }: { active: readonly HomeRow[] }) {
  if (active.length === 0) return null
  return (
    <section className={css.section}>
      <h2>
        Active runs <Many className="muted" n={active.length} />
      </h2>
      <div className={css.cards}>
        {active.map((r) => (
          <ActiveCard key={r.hash} run={r} />
        ))}
      </div>
    </section>
  )
}

export function RecentRuns({ groups }: { groups: readonly ExperimentRows[] }) {
  return (
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
        <RunSwatch run={run} />
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
        <span className={css.name}>
          <RunSwatch run={run} />
          <span className="ellipsis">{run.name || run.hash.slice(0, 8)}</span>
        </span>
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
