// Runs a day over the last 26 weeks; a day opens its runs.

import { Link } from '../../widgets/basics'
import { dateFormat, plural } from '../../base/format'
import css from '../../widgets/pages.module.css'

const WEEKS = 26

const dayName = dateFormat({ weekday: 'short', day: 'numeric', month: 'short' })
const two = (n: number) => String(n).padStart(2, '0')

function dayText(d: Date): string {
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`
}

/** Midnight of a day here, as a query names it: with the zone, so that it means the same on the server. */
function midnight(d: Date): string {
  const minutes = -d.getTimezoneOffset()
  const size = Math.abs(minutes)
  return `datetime("${dayText(d)}T00:00${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}")`
}

export function dayQuery(day: Date): string {
  const next = new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1)
  return `run.created_at >= ${midnight(day)} and run.created_at < ${midnight(next)}`
}

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
