// The address bar. Path names page and object, the query string holds the view. One store, so that back and forward are
// ordinary state changes; changes that come in a stream (zoom, sliders) reach the history 250 ms after the last one.

import { useSyncExternalStore } from 'react'

export interface Place {
  readonly path: string
  readonly search: string
}

/** Where the app lies on its host; the server fills it in. */
const BASE = typeof document === 'undefined' ? '/' : (document.querySelector<HTMLMetaElement>('meta[name="aim-base"]')?.content || '/')
const REPLACE_DELAY_MS = 250

function read(): Place {
  const path = decodeURI(location.pathname)
  return { path: path.startsWith(BASE) ? `/${path.slice(BASE.length)}` : path, search: location.search }
}

let place: Place = typeof location === 'undefined' ? { path: '/', search: '' } : read()
let timer = 0
const listeners = new Set<() => void>()

function change(next: Place): void {
  if (next.path === place.path && next.search === place.search) return
  place = next
  for (const l of listeners) l()
}

function url(p: Place): string {
  return BASE + p.path.replace(/^\//, '') + p.search
}

function writePending(): void {
  if (!timer) return
  clearTimeout(timer)
  timer = 0
  history.replaceState(history.state, '', url(place))
}

if (typeof window !== 'undefined') {
  window.addEventListener('popstate', () => {
    clearTimeout(timer)
    timer = 0
    change(read())
  })
}

/** `/runs/1?tab=notes` as an address below the base path. */
export function href(to: string): string {
  return BASE + to.replace(/^\//, '')
}

export function apiUrl(path: string): string {
  return `${BASE}api/v1/${path}`
}

export function navigate(to: string, mode: 'push' | 'replace' | 'later' = 'push'): void {
  const cut = to.indexOf('?')
  const next: Place = { path: cut < 0 ? to : to.slice(0, cut), search: cut < 0 ? '' : to.slice(cut) }
  if (next.path === place.path && next.search === place.search) return
  if (mode === 'later') {
    change(next)
    clearTimeout(timer)
    timer = window.setTimeout(writePending, REPLACE_DELAY_MS)
    return
  }
  writePending()
  if (mode === 'push') history.pushState(null, '', url(next))
  else history.replaceState(history.state, '', url(next))
  change(next)
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (l) => {
      listeners.add(l)
      return () => listeners.delete(l)
    },
    () => place,
  )
}

export function currentPlace(): Place {
  return place
}
