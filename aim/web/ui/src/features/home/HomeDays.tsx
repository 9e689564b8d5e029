// Runs a day over the last 26 weeks; a day opens its runs.

import { Link } from '../../widgets/basics'
import { dateFormat, plural } from '../../base/format'
import css from './home.module.css'
import { dayQuery, dayText } from './moments'

const WEEKS = 26

const dayName = dateFormat({ weekday: 'short', day: 'numeric', month: 'short' })
/** A column per week, Monday on top. */
export function Days({
  activity,
  today = new Date(),
}: {
  activity: readonly { day: string; runs: number }[]
  today?: Date
}) {
  const counts = new Map(activity.map((a) => [a.day, a.runs]))
  const most = Math.max(1, ...counts.values())
  const days: { date: Date; n: number }[] = []
  const start = new Date(
    today.getFullYear(),
    today.getMonth(),
    today.getDate() - ((today.getDay() + 6) % 7) - 7 * (WEEKS - 1),
  )
  for (let date = start; date <= today; date = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1))
    days.push({ date, n: counts.get(dayText(date)) ?? 0 })
  const total = days.reduce((s, d) => s + d.n, 0)
  return (
    <div className={css.days} role="group" aria-label={`${plural(total, 'run')} in ${WEEKS} weeks`}>
      {days.map(({ date, n }) => {
        const text = `${dayName().format(date)}: ${n === 0 ? 'none' : plural(n, 'run')}`
        if (n === 0) return <span key={dayText(date)} className={css.day} title={text} />
        return (
          <Link key={dayText(date)} to={`/runs?q=${encodeURIComponent(dayQuery(date))}`} title={text} aria-label={text}>
            <span className={css.day} data-n={Math.max(1, Math.min(4, Math.ceil(4 * Math.sqrt(n / most))))} />
          </Link>
        )
      })}
    </div>
  )
}
