// How charts are laid out, and its form in the query string, defaults left out.

import { joinKeys, splitKeys, unique } from '../../../base/address'

export interface LayoutView {
  /** x goes to the end of the longest line also where most lines are much shorter. */
  readonly xToEnd: boolean
  /** Metrics whose lines are shown: `loss`, `loss subset=val`, or `layers/` for all that begin so. Empty: all. */
  readonly picked: readonly string[]
  /** Sections that were opened (true) or closed, where that is not how they are at first. */
  readonly sections: Readonly<Record<string, boolean>>
  /** The chart that has the whole pane. */
  readonly expanded: string | null
}

export const LAYOUT_DEFAULT: LayoutView = { xToEnd: false, picked: [], sections: {}, expanded: null }

const SECTION = 's.'

/** What a key of the address changes; null where it says nothing. */
export function parseLayoutKey(view: LayoutView, key: string, value: string): Partial<LayoutView> | null {
  switch (key) {
    case 'xe':
      return value === 'all' ? { xToEnd: true } : null
    case 'ms': {
      const picked = unique(splitKeys(value)).filter(Boolean)
      return picked.length > 0 ? { picked } : null
    }
    case 'full':
      return value ? { expanded: value } : null
    default: {
      const name = key.startsWith(SECTION) ? key.slice(SECTION.length) : ''
      if (!name || (value !== '0' && value !== '1')) return null
      return { sections: { ...view.sections, [name]: value === '1' } }
    }
  }
}

export function formatLayout(v: LayoutView): [string, string][] {
  const parts: [string, string][] = []
  if (v.xToEnd) parts.push(['xe', 'all'])
  if (v.picked.length > 0) parts.push(['ms', joinKeys(v.picked)])
  for (const [name, isOpen] of Object.entries(v.sections)) parts.push([`${SECTION}${name}`, isOpen ? '1' : '0'])
  if (v.expanded !== null) parts.push(['full', v.expanded])
  return parts
}
