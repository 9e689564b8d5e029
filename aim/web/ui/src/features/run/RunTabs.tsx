import type { RunDetail } from '../../base/api/types'
import { navigate } from '../../base/route'
import { leaves } from '../../parts/facts/runLeaves'
import ui from '../../widgets/ui.module.css'
import { Many } from '../../widgets/values'
import { RUN_TABS } from './runAddress'

const TABS = RUN_TABS
export type Tab = (typeof TABS)[number]

/** The address of a tab of a run. */
export function tabAddress(hash: string, tab: Tab): string {
  return `/runs/${hash}${tab === 'overview' ? '' : `?tab=${tab}`}`
}

export function tabOf(search: string): Tab {
  const asked = new URLSearchParams(search).get('tab') as Tab | null
  return asked && TABS.includes(asked) ? asked : 'overview'
}

/** The count that a tab shows; 0: none. */
function countOf(tab: Tab, run: RunDetail): number {
  if (tab === 'params') return leaves(run.params).length
  return tab === 'notes' ? run.notes.length : tab === 'metrics' ? run.sequences.length : 0
}

/** The tab that an arrow key selects; null for other keys. */
function tabBeside(tab: Tab, key: string): Tab | null {
  const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? TABS.length - 1 : 0
  return step === 0 ? null : TABS[(TABS.indexOf(tab) + step) % TABS.length]!
}

export function RunTabs({ run, tab }: { run: RunDetail; tab: Tab }) {
  const open = (t: Tab) => navigate(tabAddress(run.hash, t))
  return (
    <div
      className={ui.tabs}
      role="tablist"
      aria-label="Parts of the run"
      onKeyDown={(e) => {
        const next = tabBeside(tab, e.key)
        if (!next) return
        e.preventDefault()
        open(next)
        requestAnimationFrame(() => document.getElementById(`tab-${next}`)?.focus())
      }}
    >
      {TABS.map((t) => (
        <button
          key={t}
          id={`tab-${t}`}
          type="button"
          role="tab"
          aria-selected={t === tab}
          aria-controls="tab-panel"
          tabIndex={t === tab ? 0 : -1}
          className={ui.tab}
          onClick={() => open(t)}
        >
          {t[0]!.toUpperCase() + t.slice(1)}
          {(t === 'metrics' || countOf(t, run) > 0) && (
            <>
              {' '}
              <Many className={`muted ${ui.tabCount}`} n={countOf(t, run)} />
            </>
          )}
        </button>
      ))}
    </div>
  )
}
