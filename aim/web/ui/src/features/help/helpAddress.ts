// The query string of Help: the heading that a link leads to, and the words that are searched for.

import { join, leftOut, type Checked } from '../../base/address'

export interface HelpView {
  /** A heading, named as GitHub names it; empty: the top of the page. */
  readonly at: string
  /** Empty: the page is shown; else what the search over all pages finds. */
  readonly words: string
}

export function parseHelp(search: string): { readonly view: HelpView; readonly unknown: string[] } {
  const keys = new URLSearchParams(search)
  return {
    view: { at: keys.get('at') ?? '', words: keys.get('q') ?? '' },
    unknown: [...keys].filter(([k]) => k !== 'at' && k !== 'q').map(([k, v]) => leftOut(k, v)),
  }
}

export function formatHelp({ at, words }: HelpView): string {
  return join([...(at ? ([['at', at]] as const) : []), ...(words.trim() ? ([['q', words]] as const) : [])])
}

export function checkHelp(search: string): Checked {
  const { view, unknown } = parseHelp(search)
  return { unknown, clean: formatHelp(view) }
}

/** The page that `/help` shows: the table of contents of the docs folder. */
export const FIRST_PAGE = 'readme'

export function helpLink(page: string, at = ''): string {
  return (page === FIRST_PAGE ? '/help' : `/help/${page}`) + formatHelp({ at, words: '' })
}

/** The page of Help that a link in a page leads to; null where it leads elsewhere. */
export function helpTarget(href: string, page: string): { readonly page: string; readonly at: string } | null {
  const found = /^(?:(?:\.\.\/|docs\/)?([\w-]+)\.md)?(?:#([^#]*))?$/.exec(href)
  if (!found || href === '') return null
  return { page: found[1]?.toLowerCase() ?? page, at: found[2] ?? '' }
}

/** A heading in an address, as GitHub names it; the server does the same (aim/web/http/help_pages.py). */
export function sectionId(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .replace(/ /g, '-')
}
