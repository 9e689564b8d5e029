// The pages and the actions of the app, each one object. The rail, the menu, the keys and their list, the palette, the
// check of the address, and what is shown where no page is found read this; nothing else lists them.

import { BookOpen, ChartLine, House, Table2 } from 'lucide-react'
import type { ComponentType } from 'react'
import type { Checked } from '../base/address'
import { useFrame } from '../base/frame'
import { useLive } from '../base/live/live'
import { printPage } from '../base/printing'
import { navigate, redo, undo } from '../base/route'
import { shareLink } from '../base/storedViews'
import { nextTheme, useSettings } from '../base/stores'
import { checkHelp } from '../features/help/helpAddress'
import { checkHome } from '../features/home/homeAddress'
import { HomePage } from '../features/home/HomePage'
import { MetricsPage } from '../features/metrics/MetricsPage'
import { checkRun } from '../features/run/runAddress'
import { RunPage } from '../features/run/RunPage'
import { checkRuns } from '../features/runs/runsAddress'
import { RunsPage } from '../features/runs/RunsPage'
import { checkTrash } from '../features/trash/trashAddress'
import { checkMetrics } from '../parts/curves/metricsAddress'
import { late } from '../widgets/late'

export interface Page {
  readonly name: string
  /** The paths that it answers; a link goes to the first. `:hash` is one part, which the component is given. */
  readonly paths: readonly string[]
  readonly title: string
  /** May be `lazy(() => import(...))`. */
  readonly component: ComponentType<PageProps>
  /** What it does not understand of a query string. */
  readonly check: (search: string) => Checked
  /** Its entry on the rail, in the menu and in the palette. A page without one is reached from other pages. */
  readonly menu?: { readonly icon: ComponentType<{ size?: number; strokeWidth?: number }>; readonly keys: string }
  /** Of a page without an entry: the name of the one whose entry is marked meanwhile. */
  readonly under?: string
}

export interface PageProps {
  /** The parts of the path that the pattern names. */
  readonly parts: Readonly<Record<string, string>>
}

export const PAGES: readonly Page[] = [
  {
    name: 'home',
    paths: ['/'],
    title: 'Home',
    component: HomePage,
    check: checkHome,
    menu: { icon: House, keys: 'g h' },
  },
  {
    name: 'runs',
    paths: ['/runs', '/runs/'],
    title: 'Runs',
    component: RunsPage,
    check: checkRuns,
    menu: { icon: Table2, keys: 'g r' },
  },
  {
    name: 'metrics',
    paths: ['/metrics'],
    title: 'Metrics',
    component: MetricsPage,
    check: checkMetrics,
    menu: { icon: ChartLine, keys: 'g m' },
  },
  { name: 'run', paths: ['/runs/:hash'], title: 'Run', component: RunPage, check: checkRun, under: 'runs' },
  {
    name: 'trash',
    paths: ['/trash'],
    title: 'Trash',
    component: late(() => import('../features/trash/TrashPage').then((m) => m.TrashPage)),
    check: checkTrash,
    under: 'runs',
  },
  {
    name: 'docs',
    paths: ['/help', '/help/:page'],
    title: 'Help',
    component: late(() => import('../features/help/HelpPage').then((m) => m.HelpPage)),
    check: checkHelp,
    menu: { icon: BookOpen, keys: 'g d' },
  },
]

/** A page with an entry in the menus. */
export type MenuPage = Page & { readonly menu: NonNullable<Page['menu']> }

export const MENU_PAGES: readonly MenuPage[] = PAGES.filter((p): p is MenuPage => p.menu !== undefined)

export function linkTo(page: Page): string {
  return page.paths[0]!
}

/** The page of a path, and the parts that its pattern names; null where there is none. */
export function pageAt(path: string): { readonly page: Page; readonly parts: Readonly<Record<string, string>> } | null {
  for (const page of PAGES) {
    for (const pattern of page.paths) {
      const found = new RegExp(`^${pattern.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`).exec(path)
      if (found) return { page, parts: { ...found.groups } }
    }
  }
  return null
}

/** Whether the entry of a page is marked as the current one. */
export function isCurrent(entry: Page, path: string): boolean {
  const page = pageAt(path)?.page
  return page === entry || page?.under === entry.name
}

/** The parts of an address that its page does not understand, and the query string without them. */
export function checkAddress(path: string, search: string): Checked {
  return pageAt(path)?.page.check(search) ?? { unknown: [], clean: search }
}

export interface Action {
  readonly name: string
  readonly label: string
  /** As `KeyDef.key`. */
  readonly keys?: string
  /** Shorter, for the menu of narrow windows; an action without it is not in that menu. */
  readonly menuLabel?: () => string
  /** Whether the palette offers it; absent: it does. */
  readonly inPalette?: boolean
  /** Whether it can be performed now; absent: always. */
  readonly when?: () => boolean
  readonly perform: () => void
}

export const ACTIONS: readonly Action[] = [
  {
    name: 'palette',
    label: 'Find pages, runs, actions and help',
    keys: 'Ctrl+k',
    menuLabel: () => 'Find',
    inPalette: false,
    perform: () => useFrame.setState({ palette: true }),
  },
  {
    name: 'print',
    label: 'Print all of this page',
    keys: 'Ctrl+p',
    perform: () => void printPage(),
  },
  {
    name: 'theme',
    label: 'Change the theme: light, dark, system',
    keys: 'Shift+D',
    perform: nextTheme,
  },
  {
    name: 'live',
    label: 'Pause or resume live updates',
    keys: '.',
    menuLabel: () => (useLive.getState().state === 'paused' ? 'Resume live' : 'Pause live'),
    perform: () => useLive.getState().toggle(),
  },
  {
    name: 'rail',
    label: 'Show or hide sidebar labels',
    keys: '[',
    perform: () => useSettings.getState().set({ railOpen: !useSettings.getState().railOpen }),
  },
  {
    name: 'help',
    label: 'Keys of this page',
    keys: '?',
    menuLabel: () => 'Keys',
    perform: () => useFrame.setState({ help: true }),
  },
  {
    name: 'keys',
    label: 'Turn all keys off (Settings turns them on)',
    when: () => useSettings.getState().keys,
    perform: () => useSettings.getState().set({ keys: false }),
  },
  {
    name: 'density',
    label: 'Change the row height',
    perform: () => {
      const { density, set } = useSettings.getState()
      set({ density: density === 'compact' ? 'regular' : 'compact' })
    },
  },
  {
    name: 'trash',
    label: 'Trash: restore deleted runs',
    menuLabel: () => 'Trash',
    perform: () => navigate('/trash'),
  },
  { name: 'share', label: 'Copy the link to this view', perform: () => void shareLink() },
  { name: 'undo', label: 'Undo a change of the view', keys: 'Ctrl+z', inPalette: false, perform: undo },
  { name: 'redo', label: 'Redo it', keys: 'Ctrl+Shift+Z', inPalette: false, perform: redo },
]

export function applies(action: Action): boolean {
  return action.when?.() ?? true
}

/** Going to a page is an action, too. */
const PAGE_ACTIONS: readonly Action[] = MENU_PAGES.map((page) => ({
  name: page.name,
  label: page.title,
  keys: page.menu.keys,
  perform: () => navigate(linkTo(page)),
}))

/** All actions, those of the pages first. */
export const ALL_ACTIONS: readonly Action[] = [...PAGE_ACTIONS, ...ACTIONS]
