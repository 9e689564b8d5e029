// The runs at work, one row each: how far they are, and how they do.

import type { HomeRow } from '../../base/api/types'
import { useRunSlot } from '../../base/runColours'
import { formatDuration, formatNumber } from '../../base/format'
import { ProgressBar, ProgressText } from '../../parts/facts/RunProgress'
import { timeLeft } from '../../parts/facts/timeLeft'
import { cx, Link, Sparkline, StatusWord, Swatch } from '../../widgets/basics'
import ui from '../../widgets/ui.module.css'
import { Ago, Many, Num } from '../../widgets/values'
import { toBest } from './beside'
import css from './home.module.css'
import { hovering, lineText, nameOf, shortLineText } from './RunCells'

export function ActiveRuns({ active }: { active: readonly HomeRow[] }) {
  const slotOf = useRunSlot()
  if (active.length === 0) return null
  const compared = active.some((r) => r.headline?.goal)
  const row = cx(css.active, compared && css.compared)
  return (
    <section>
      <div className={css.sectionHead}>
        <h2>Active</h2>
        <Many className="muted" n={active.length} />
      </div>
      <div className={cx(row, css.activeHead)} aria-hidden="true">
        <span>Run</span>
        <span>Progress</span>
        <span>Headline metric</span>
        {compared && (
          <span title="The last value minus the best that another run of the experiment reached">To best so far</span>
        )}
        <span>Last point</span>
      </div>
      {active.map((r) => (
        <ActiveRow key={r.hash} run={r} slot={slotOf(r)} className={row} compared={compared} />
      ))}
    </section>
  )
}

interface RowProps {
  readonly run: HomeRow
  readonly slot: number
  readonly className: string
  readonly compared: boolean
}

function ActiveRow({ run, slot, className, compared }: RowProps) {
  const line = run.headline
  return (
    <div {...hovering(run.hash)}>
      <Link to={`/runs/${run.hash}`} className={className}>
        <span className={css.named}>
          <Swatch slot={slot} />
          <span className={css.two}>
            <b className="ellipsis">{nameOf(run)}</b>
            <span className={cx('muted', css.line)}>
              <span className="ellipsis">{run.experiment}</span>
              {run.status !== 'running' && <StatusWord status={run.status} />}
              {isQuiet(run) && <Quiet seconds={run.quiet_s!} />}
            </span>
          </span>
        </span>
        <span className={css.progress}>
          {run.progress ? (
            <>
              <ProgressBar progress={run.progress} isQuiet={isQuiet(run)} />
              <ProgressText progress={run.progress} isRunning={run.status === 'running' && !isQuiet(run)} />
            </>
          ) : (
            <span className={css.line}>
              {line && (
                <span>
                  step <Many n={line.last_step} />
                </span>
              )}
              <span className="muted">{formatDuration(run.duration)} so far</span>
            </span>
          )}
        </span>
        <span className={css.headline} title={line ? lineText(line) : undefined}>
          {line ? (
            <>
              <Sparkline values={line.spark} width={150} height={30} slot={slot} dot />
              <span className={css.two}>
                <span className={cx('muted ellipsis', css.little)}>{shortLineText(line)}</span>
                <b>
                  <Num value={line.last} />
                </b>
              </span>
            </>
          ) : (
            <span className="muted">no metric yet</span>
          )}
        </span>
        {compared && <ToBest line={line} />}
        <span className={css.right}>{line && <Ago at={line.last_time} />}</span>
      </Link>
    </div>
  )
}

const isQuiet = (run: HomeRow) => run.quiet_s != null

function Quiet({ seconds }: { seconds: number }) {
  return (
    <span
      className={ui.warnText}
      title="Its process lives, and no point has come for 20 times its usual distance of points"
    >
      quiet {timeLeft(seconds)}
    </span>
  )
}

function ToBest({ line }: { line: HomeRow['headline'] }) {
  const to = toBest(line)
  if (!to) return <span className={css.right} />
  const text = `${to.difference > 0 ? '+' : ''}${formatNumber(to.difference, 3)}`
  return (
    <span className={cx('num', css.right, to.isBetter && css.better)}>
      {text}
      {to.isBetter && ' best'}
    </span>
  )
}
