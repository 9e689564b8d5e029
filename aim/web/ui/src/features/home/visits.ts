// When this browser showed the first page last: what is new is counted from the end of the visit before this one.

import { useEffect, useState } from 'react'
import { dateFormat, formatClock } from '../../base/format'
import { store, storedText } from '../../base/stores'

/** Moments in Unix seconds; null while there was none. */
export interface Visits {
  /** The end of the visit before. */
  readonly since: number | null
  /** When the page was last seen. */
  readonly seen: number | null
}

/** A look at the page after so long is another visit. */
export const AWAY_S = 30 * 60
const BEAT_MS = 60_000
const KEY = 'home.visits'

/** The visits after a look at the page at `now`. */
export function look({ since, seen }: Visits, now: number): Visits {
  return { since: seen !== null && now - seen >= AWAY_S ? Math.floor(seen) : since, seen: now }
}

export function readVisits(text: string, now: number): Visits {
  try {
    const { since, seen } = JSON.parse(text || '{}') as Partial<Record<string, unknown>>
    const past = (at: unknown) => (typeof at === 'number' && at > 0 && at <= now ? at : null)
    return { since: past(since), seen: past(seen) }
  } catch {
    return { since: null, seen: null }
  }
}

/** The moment from which what is new is counted; null on the first visit. */
export function useSince(): number | null {
  const [since, setSince] = useState(lookNow)
  useEffect(() => {
    const again = () => {
      if (document.visibilityState === 'visible') setSince(lookNow())
    }
    const beat = window.setInterval(again, BEAT_MS)
    document.addEventListener('visibilitychange', again)
    return () => {
      clearInterval(beat)
      document.removeEventListener('visibilitychange', again)
    }
  }, [])
  return since
}

function lookNow(): number | null {
  const now = Date.now() / 1000
  const visits = look(readVisits(storedText(KEY), now), now)
  store(KEY, JSON.stringify(visits))
  return visits.since
}

const weekday = dateFormat({ weekday: 'long' })
const date = dateFormat({ day: 'numeric', month: 'short' })
const DAY_MS = 86_400_000

/** `yesterday 18:40`; both in Unix seconds. */
export function momentText(at: number, now: number): string {
  const midnight = (s: number) => new Date(s * 1000).setHours(0, 0, 0, 0)
  // Days with a change of the clocks are not 24 hours long.
  const days = Math.round((midnight(now) - midnight(at)) / DAY_MS)
  const clock = formatClock(at)
  if (days <= 0) return clock
  if (days === 1) return `yesterday ${clock}`
  return `${(days < 7 ? weekday() : date()).format(at * 1000)} ${clock}`
}
