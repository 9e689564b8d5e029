// Charts in sections by what their metrics' names begin with. Pure.

import type { FoundChart } from '../metricsModel'

export interface Section {
  /** In the address: what the names begin with, `/` for those without a beginning, `*` for the pinned ones. */
  readonly key: string
  readonly title: string
  readonly charts: readonly FoundChart[]
  /** Until someone opens or closes it. */
  readonly isOpenAtFirst: boolean
}

const UNNAMED = '/'
const PINNED = '*'
/** Up to as many charts no section is needed: all of them are in sight. */
const FEW = 4
/** From more charts than these on, one named section beside those without a name is enough. */
const MANY = 12

/** What the name of a metric begins with: `layers` of `layers/3/norm`. Empty: it has no such beginning. */
export function prefixOf(metric: string): string {
  const cut = metric.indexOf('/')
  return cut > 0 ? metric.slice(0, cut) : ''
}

/**
 * The sections, in the order of their first charts; null where they would only take room.
 *
 * @param openCharts Sections are open at first until they hold as many charts.
 */
export function sectionsOf(
  charts: readonly FoundChart[],
  pins: ReadonlySet<string>,
  openCharts: number,
): readonly Section[] | null {
  const found = new Map<string, FoundChart[]>()
  for (const c of charts) {
    const key = pins.has(c.key) ? PINNED : prefixOf(c.metric) || UNNAMED
    const list = found.get(key)
    if (list) list.push(c)
    else found.set(key, [c])
  }
  const named = [...found.keys()].filter((k) => k !== UNNAMED && k !== PINNED).length
  const isUseful = charts.length > MANY ? named >= 1 && found.size >= 2 : charts.length > FEW && named >= 2
  // A head for each chart or two says less than their titles.
  if (!isUseful || 2 * found.size > charts.length) return null
  let before = 0
  return [...found].map(([key, list]) => {
    const isOpenAtFirst = before < openCharts
    before += list.length
    return { key, title: titleOf(key), charts: list, isOpenAtFirst }
  })
}

function titleOf(key: string): string {
  return key === PINNED ? 'Pinned' : key === UNNAMED ? 'Charts' : key
}
