// The newest runs: one list, or one for each experiment.

import { useMemo, type ReactNode } from 'react'
import type { HomeRow } from '../../base/api/types'
import { useRunSlot } from '../../base/runColours'
import { formatCount, formatDuration } from '../../base/format'
import { navigate } from '../../base/route'
import { cx, Link, Sparkline, StatusWord, Swatch, Tag } from '../../widgets/basics'
import { Chip } from '../../widgets/Chip'
import { MenuItem } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'
import { Ago, Num } from '../../widgets/values'
import { bestValue } from './beside'
import css from './home.module.css'
import { formatHome } from './homeAddress'
import { inExperiment } from './HomeExperiments'
import { hovering, lineText, nameOf, shortLineText } from './RunCells'

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

interface Props {
  readonly recent: readonly HomeRow[]
  readonly total: number
  readonly grouped: boolean
}

export function RecentRuns({ recent, total, grouped }: Props) {
  const groups = useMemo(() => (grouped ? byExperiment(recent) : []), [recent, grouped])
  return (
    <section>
      <div className={css.sectionHead}>
        <h2>Recent</h2>
        <span className="muted">
          {formatCount(recent.length)} of {formatCount(Math.max(total, recent.length))}
        </span>
        <span className={css.atEnd}>
          <GroupChip grouped={grouped} />
        </span>
      </div>
      {grouped
        ? groups.map((g) => (
            <div key={g.experiment}>
              <h3 className={css.groupHead}>
                <Link to={inExperiment(g.experiment)}>{g.experiment}</Link>
              </h3>
              <Rows rows={g.rows} />
            </div>
          ))
        : recent.length > 0 && <Rows rows={recent} withExperiment />}
    </section>
  )
}

function GroupChip({ grouped }: { grouped: boolean }) {
  const set = (to: boolean) => navigate(`/${formatHome({ grouped: to })}`)
  return (
    <Chip label="Group" value={grouped ? 'experiment' : 'none'} onReset={grouped ? () => set(false) : undefined}>
      {(close) => (
        <div role="menu">
          {[false, true].map((to) => (
            <MenuItem
              key={String(to)}
              checked={grouped === to}
              onSelect={() => {
                close()
                set(to)
              }}
            >
              {to ? 'By experiment' : 'One list'}
            </MenuItem>
          ))}
        </div>
      )}
    </Chip>
  )
}

function Rows({ rows, withExperiment = false }: { rows: readonly HomeRow[]; withExperiment?: boolean }) {
  const slotOf = useRunSlot()
  return (
    <div className={css.rows}>
      {rows.map((r) => (
        <RecentRow key={r.hash} run={r} slot={slotOf(r)} withExperiment={withExperiment} />
      ))}
    </div>
  )
}

function RecentRow({ run, slot, withExperiment }: { run: HomeRow; slot: number; withExperiment: boolean }) {
  const line = run.headline
  const best = bestValue(line)
  return (
    <div {...hovering(run.hash)}>
      <Link to={`/runs/${run.hash}`} className={cx(css.recent, withExperiment && css.withExperiment)}>
        <span className={css.named}>
          <Swatch slot={slot} />
          <span className="ellipsis">{nameOf(run)}</span>
        </span>
        <StatusWord status={run.status} />
        {withExperiment && <span className="muted ellipsis">{run.experiment}</span>}
        <span className={css.curve}>
          {line && <Sparkline values={line.spark} width={68} height={18} slot={slot} />}
        </span>
        <span className="muted ellipsis" title={line ? lineText(line) : undefined}>
          {line && shortLineText(line)}
        </span>
        <span className={css.right}>{line && <Value last={line.last} best={best} />}</span>
        <span className={css.labels}>
          {best !== null && line && <BestMark best={best} last={line.last} experiment={run.experiment} />}
          {run.tags.slice(0, 3).map((t) => (
            <Tag key={t}>{t}</Tag>
          ))}
        </span>
        <span className={cx('num muted', css.right)}>{formatDuration(run.duration)}</span>
        <Ago className={cx('muted', css.right)} at={run.created_at} />
      </Link>
    </div>
  )
}

function Value({ last, best }: { last: number | null; best: number | null }): ReactNode {
  const value = <Num value={last} column />
  return best !== null && best === last ? <b>{value}</b> : value
}

/** With the value where the run ended at a worse one. */
function BestMark({ best, last, experiment }: { best: number; last: number | null; experiment: string }) {
  return (
    <span className={ui.okText} title={`The best value of ${experiment}, at any step`}>
      best {best !== last && <Num value={best} />}
    </span>
  )
}
