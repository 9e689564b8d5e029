// The address bar. Path names page and object, the query string holds the view. One store, so that back and forward are
// ordinary state changes; changes that come in a stream (zoom, sliders) reach the history 250 ms after the last one.
// A view too long for an address has its hash there (storedViews.ts); the entry of the history keeps the view itself.

import { useSyncExternalStore } from 'react'

export interface Place {
  readonly path: string
  readonly search: string
  /** Of a link to a stored view that has not been read yet. */
  readonly hash?: string
}

/** A query string that is longer is stored, and replaced by its hash. */
export const LONGEST_SEARCH = 1800

/** The path of the app on its host; the server fills it in. */
const BASE =
  typeof document === 'undefined'
    ? '/'
    : document.querySelector<HTMLMetaElement>('meta[name="aim-base"]')?.content || '/'
const REPLACE_DELAY_MS = 250

/** Of places whose view is stored: its hash. */
const stored = new Map<string, string>()

interface Entry {
  /** How many steps come before it in this tab's history of the app. */
  readonly at: number
  /** The view whose hash is in the address. */
  readonly search?: string
}

function entry(): Partial<Entry> {
  const state: unknown = history.state
  return state !== null && typeof state === 'object' ? state : {}
}

/** `%` that encodes nothing stays as it is. */
export function decodePath(path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

function read(): Place {
  const full = decodePath(location.pathname)
  const path = full.startsWith(BASE) ? `/${full.slice(BASE.length)}` : full
  const hash = new URLSearchParams(location.search).get('view')
  if (hash === null) return { path, search: location.search }
  const kept: unknown = entry().search
  if (typeof kept !== 'string') return { path, search: '', hash }
  stored.set(path + kept, hash)
  return { path, search: kept }
}

let place: Place = typeof location === 'undefined' ? { path: '/', search: '' } : read()
let timer = 0
const listeners = new Set<() => void>()

function change(next: Place): void {
  if (next.path === place.path && next.search === place.search && next.hash === place.hash) return
  place = next
  for (const l of listeners) l()
}

function write(how: 'push' | 'replace', p: Place): void {
  const hash = p.hash ?? stored.get(p.path + p.search)
  const url =
    BASE +
    encodeURI(p.path.replace(/^\//, '')).replace(/[?#]/g, encodeURIComponent) +
    (hash === undefined ? p.search : `?view=${encodeURIComponent(hash)}`)
  const state: Entry = {
    at: (entry().at ?? 0) + (how === 'push' ? 1 : 0),
    ...(hash !== undefined && p.hash === undefined ? { search: p.search } : {}),
  }
  if (how === 'push') history.pushState(state, '', url)
  else history.replaceState(state, '', url)
}

/** Puts changes into the address that have not reached it yet. */
export function writePending(): void {
  if (!timer) return
  clearTimeout(timer)
  timer = 0
  write('replace', place)
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

/** The page that is shown was opened by its address, and not from another page of the app. */
let isOpened = true

export const wasOpened = (): boolean => isOpened

export function navigate(to: string, mode: 'push' | 'replace' | 'later' = 'push'): void {
  const cut = to.indexOf('?')
  const next: Place = { path: cut < 0 ? to : to.slice(0, cut), search: cut < 0 ? '' : to.slice(cut) }
  if (next.path === place.path && next.search === place.search && place.hash === undefined) return
  if (next.path !== place.path) isOpened = false
  if (mode === 'later') {
    change(next)
    clearTimeout(timer)
    timer = window.setTimeout(writePending, REPLACE_DELAY_MS)
    return
  }
  writePending()
  write(mode, next)
  change(next)
}

/** The view of a place is stored: its address becomes the short one. */
export function shorten(at: Place, hash: string): void {
  stored.set(at.path + at.search, hash)
  if (place.path === at.path && place.search === at.search) {
    writePending()
    write('replace', place)
  }
}

export function isShort(at: Place): boolean {
  return at.search.length <= LONGEST_SEARCH || stored.has(at.path + at.search)
}

/** The view that a link names has been read. */
export function openStored(hash: string, path: string, search: string): void {
  if (place.hash !== hash) return
  stored.set(path + search, hash)
  write('replace', { path, search })
  change({ path, search })
}

export function onPlace(f: () => void): () => void {
  listeners.add(f)
  return () => listeners.delete(f)
}

/** One step back, but not out of the app. */
export function undo(): void {
  writePending()
  if ((entry().at ?? 0) > 0) history.back()
}

export function redo(): void {
  history.forward()
}

export function usePlace(): Place {
  return useSyncExternalStore(onPlace, () => place)
}

export function currentPlace(): Place {
  return place
}
