// How far a run at work is, on the first page and in the header of its own.

import type { RunProgress } from '../../base/api/types'
import { formatCount, formatNumber } from '../../base/format'
import { cx } from '../../widgets/basics'
import css from './RunProgress.module.css'
import { timeLeft } from './timeLeft'

export function ProgressBar({ progress, isQuiet = false }: { progress: RunProgress; isQuiet?: boolean }) {
  const share = Math.min(1, Math.max(0, Number(progress.at) / progress.total))
  return (
    <span className={cx(css.bar, isQuiet && css.quiet)} aria-hidden="true">
      <span style={{ width: `${(100 * share).toFixed(1)}%` }} />
    </span>
  )
}

/** `18 354 / 40 000` and, of a run that is running, the time left. */
export function ProgressText({ progress, isRunning }: { progress: RunProgress; isRunning: boolean }) {
  const { unit, at, total, param, seconds_left: left } = progress
  return (
    <span className={cx('num', css.text)} title={`${param} is ${formatNumber(total)}`}>
      <span>
        {unit === 'epoch' ? `epoch ${formatNumber(Number(at), 3)}` : formatCount(at)} / {formatCount(total)}
      </span>
      {isRunning && left !== null && (
        <span className="muted" title="By the median of its last 100 steps">
          {timeLeft(left)} left
        </span>
      )}
    </span>
  )
}
