// Moments as a query names them: with the zone, so that they mean the same on the server.

const two = (n: number) => String(n).padStart(2, '0')

export function dayText(d: Date): string {
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`
}

export function momentQuery(d: Date): string {
  const seconds = d.getSeconds() > 0 ? `:${two(d.getSeconds())}` : ''
  const minutes = -d.getTimezoneOffset()
  const size = Math.abs(minutes)
  const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
  return `datetime("${dayText(d)}T${two(d.getHours())}:${two(d.getMinutes())}${seconds}${zone}")`
}

export function dayQuery(day: Date): string {
  const next = new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1)
  return `run.created_at >= ${momentQuery(day)} and run.created_at < ${momentQuery(next)}`
}

/** Runs that ended at a moment (Unix seconds) or later. */
export function endedSince(at: number): string {
  return `run.ended_at >= ${momentQuery(new Date(at * 1000))}`
}
