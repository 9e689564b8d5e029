// What people change is written through this queue. A change is in the browser's storage from the moment it is made
// until the server has it: a page that is closed, a server that is gone, a machine that is put to sleep lose nothing. It is
// sent once: by one tab at a time, and what is sent again after an answer was lost changes nothing (notes have ids made
// here). Where someone else was faster, both texts are kept until the user chooses.

import { create } from 'zustand'
import { api, ApiError, onReachable } from './client'
import type { BulkAction, BulkResult, RunDetail, RunEdit } from './types'

/** What a write changes and what is compared when two change it at once. */
export type Field = 'name' | 'description' | 'note' | 'tags' | 'archived' | 'bulk'

export interface Write {
  readonly id: string
  /** Path of the repo on its server: other servers answer at the same address on other days. */
  readonly repo: string
  readonly at: number
  readonly field: Field
  /** Of one run; of many: empty. */
  readonly hash: string
  /** In words: `Name of brisk-otter`. */
  readonly what: string
  readonly edit?: RunEdit
  readonly bulk?: { readonly hashes: readonly string[]; readonly action: BulkAction; readonly tag?: string }
  /** The text that the change was made from; null where there was none. */
  readonly before?: string | null
  /** Someone else's text, while the user has not chosen between the two. */
  readonly theirs?: { readonly text: string | null; readonly version: string }
  /** Tries that got no answer. */
  readonly tries: number
  /** Why the server will not have it. */
  readonly error?: string
}

interface Store {
  readonly list: readonly Write[]
  /** Conflicts that an editor on the page shows itself. */
  readonly shown: ReadonlySet<string>
}

export const useWrites = create<Store>(() => ({ list: [], shown: new Set() }))

export type Outcome =
  | { readonly kind: 'sent'; readonly run?: RunDetail; readonly bulk?: BulkResult }
  | { readonly kind: 'kept' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'refused'; readonly message: string }

const KEY = 'aim.writes'
const LOCK = 'aim.writes'
const AGAIN_MS = 4000

// The state of the page's only queue: it has one place in the browser's storage, and one lock for all tabs.
const waiting = new Map<string, (o: Outcome) => void>()
const published = new Set<(run: RunDetail) => void>()
let repo = ''
/** Whether the last request got an answer. */
let isReachable = true
let running: Promise<void> | null = null
let again = false
let timer: ReturnType<typeof setTimeout> | 0 = 0

function load(): Write[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept)
      ? kept.filter((w): w is Write => w !== null && typeof w === 'object' && typeof (w as Write).id === 'string')
      : []
  } catch {
    return []
  }
}

/** False where storage is full or switched off: a change then lives as long as this page. */
let isStored = true

function keep(list: readonly Write[]): void {
  try {
    if (list.length > 0) localStorage.setItem(KEY, JSON.stringify(list))
    else localStorage.removeItem(KEY)
    isStored = true
  } catch {
    isStored = false
  }
  useWrites.setState({ list })
}

/** Changes the list as it is in storage now, where other tabs write, too. */
function change(f: (list: Write[]) => Write[]): void {
  keep(f(isStored ? load() : [...useWrites.getState().list]))
}

export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('')
}

/** Calls `f` with each run that the server answered with, just before its write leaves the list: the old text never shows. */
export function onRunWritten(f: (run: RunDetail) => void): () => void {
  published.add(f)
  return () => published.delete(f)
}

/** Which repo the server serves; nothing is sent to another one. */
export function setRepo(path: string): void {
  if (path === repo) return
  repo = path
  change((list) => list.map((w) => (w.repo === '' ? { ...w, repo } : w)))
  flush()
}

function sameText(a: Write, b: Write): boolean {
  return (
    a.hash === b.hash &&
    a.field === b.field &&
    (a.field === 'name' || a.field === 'description' || (a.field === 'note' && a.edit?.note?.id === b.edit?.note?.id))
  )
}

/** Makes a change. It is kept before it is sent; a later text of the same thing takes the place of one that waits. */
export function write(w: Pick<Write, 'field' | 'hash' | 'what' | 'edit' | 'bulk' | 'before'>): Promise<Outcome> {
  let next: Write = { ...w, id: newId(), repo, at: Date.now() / 1000, tries: 0 } as Write
  change((list) => {
    const earlier = list.find((o) => o.repo === repo && o.id !== sending && sameText(o, next))
    if (earlier?.edit && next.edit) {
      // The first one knows what both were made from.
      const base = earlier.edit.base_version
      if (earlier.theirs) next = { ...next, theirs: earlier.theirs }
      next = {
        ...next,
        before: earlier.before ?? null,
        tries: earlier.tries,
        edit: { ...next.edit, ...(base ? { base_version: base } : {}) },
      }
    }
    return [...list.filter((o) => o !== earlier), next]
  })
  if (next.theirs) return Promise.resolve({ kind: 'conflict' })
  return new Promise((done) => {
    waiting.set(next.id, done)
    flush()
  })
}

/** Takes back a change that has not been sent; false if it is too late. */
export function cancel(id: string): boolean {
  if (sending === id || !useWrites.getState().list.some((w) => w.id === id)) return false
  change((list) => list.filter((w) => w.id !== id))
  return true
}

/** Settles a conflict: with theirs, or with a text (null: deleted) of one's own. */
export function choose(w: Write, choice: 'theirs' | { readonly text: string | null }): void {
  if (choice === 'theirs' || !w.edit || !w.theirs) {
    change((list) => list.filter((o) => o.id !== w.id))
    return
  }
  const edit: RunEdit = { ...w.edit, base_version: w.theirs.version }
  if (w.field === 'name') edit.name = choice.text ?? ''
  else if (w.field === 'description') edit.description = choice.text ?? ''
  else if (w.edit.note) edit.note = { ...w.edit.note, text: choice.text }
  change((list) =>
    list.map((o) => {
      if (o.id !== w.id) return o
      const { theirs, ...rest } = o
      return { ...rest, edit, before: theirs?.text ?? null }
    }),
  )
  flush()
}

/** Tries one again that the server refused. */
export function retry(w: Write): void {
  change((list) =>
    list.map((o) => {
      if (o.id !== w.id) return o
      const { error: _, ...rest } = o
      return rest
    }),
  )
  flush()
}

export function textOf(field: Field, run: RunDetail, noteId: string | undefined): string | null {
  if (field === 'name') return run.name
  if (field === 'description') return run.description
  return run.notes.find((n) => n.id === noteId)?.text ?? null
}

export function mine(w: Write): string | null {
  return w.edit?.name ?? w.edit?.description ?? w.edit?.note?.text ?? null
}

let sending = ''

/** Sends what waits, one after the other, in one tab at a time. */
export function flush(): void {
  if (running) {
    again = true
    return
  }
  running = exclusively(sendAll).finally(() => {
    running = null
    if (again) {
      again = false
      flush()
    }
  })
}

async function exclusively(f: () => Promise<void>): Promise<void> {
  // Only a secure context has locks; without, two tabs may both send: the second finds that it is done.
  if (typeof navigator !== 'undefined' && 'locks' in navigator && navigator.locks)
    await navigator.locks.request(LOCK, f)
  else await f()
}

async function sendAll(): Promise<void> {
  // Unreachable before it reported which repo it serves: setRepo sends what waits.
  if (repo === '' && !isReachable) keepAll()
  const passed = new Set<string>()
  for (;;) {
    if (isStored) useWrites.setState({ list: load() })
    const next =
      repo === ''
        ? undefined
        : useWrites.getState().list.find((w) => w.repo === repo && !w.theirs && !w.error && !passed.has(w.id))
    if (!next) return
    passed.add(next.id)
    sending = next.id
    const outcome = await send(next)
    sending = ''
    const done = waiting.get(next.id)
    if (outcome.kind === 'kept') {
      later()
      waiting.delete(next.id)
      done?.(outcome)
      keepAll()
      return
    }
    waiting.delete(next.id)
    done?.(outcome)
  }
}

/** The server is unreachable: what waits stays, and the callers continue. */
function keepAll(): void {
  change((list) => list.map((w) => (w.repo === repo && w.tries === 0 ? { ...w, tries: 1 } : w)))
  for (const w of useWrites.getState().list) {
    waiting.get(w.id)?.({ kind: 'kept' })
    waiting.delete(w.id)
  }
}

function later(): void {
  clearTimeout(timer || undefined)
  timer = setTimeout(flush, AGAIN_MS)
}

async function send(w: Write): Promise<Outcome> {
  const drop = () => change((list) => list.filter((o) => o.id !== w.id))
  const alter = (patch: Partial<Write>) => change((list) => list.map((o) => (o.id === w.id ? { ...o, ...patch } : o)))
  try {
    if (w.bulk) {
      const bulk = await api.bulk(w.bulk.hashes, w.bulk.action, w.bulk.tag)
      drop()
      return { kind: 'sent', bulk }
    }
    const run = await api.edit(w.hash, w.edit ?? {})
    for (const p of published) p(run)
    drop()
    return { kind: 'sent', run }
  } catch (e) {
    if (!(e instanceof ApiError)) {
      alter({ error: String(e) })
      return { kind: 'refused', message: String(e) }
    }
    if (e.code === 'unreachable' || e.status === 502 || e.status === 503 || e.status === 504) {
      alter({ tries: w.tries + 1 })
      return { kind: 'kept' }
    }
    if (e.code === 'conflict' && w.edit) {
      const found = (e.body as { run?: RunDetail } | null)?.run
      if (found) {
        const theirs = textOf(w.field, found, w.edit.note?.id)
        const text = mine(w)
        if (theirs === text) {
          // It has arrived before; only the answer was lost.
          for (const p of published) p(found)
          drop()
          return { kind: 'sent', run: found }
        }
        if (theirs === (w.before ?? null)) {
          // Something else of the run changed meanwhile; this text did not.
          alter({ edit: { ...w.edit, base_version: found.version } })
          return await send({ ...w, edit: { ...w.edit, base_version: found.version } })
        }
        for (const p of published) p(found)
        alter({ theirs: { text: theirs, version: found.version } })
        return { kind: 'conflict' }
      }
    }
    // What was typed while the server was unreachable is not thrown away with a message that is gone in seconds.
    if (w.tries > 0) alter({ error: e.message })
    else drop()
    return { kind: 'refused', message: e.message }
  }
}

/** A run as it will be once what waits has been sent. */
export function withWrites(run: RunDetail, list: readonly Write[]): RunDetail {
  let out = run
  for (const w of list) {
    if (w.error || w.theirs) continue
    if (w.bulk) {
      if (!w.bulk.hashes.includes(run.hash)) continue
      if (w.bulk.action === 'archive' || w.bulk.action === 'unarchive')
        out = { ...out, archived: w.bulk.action === 'archive' }
      continue
    }
    const e = w.edit
    if (w.hash !== run.hash || !e) continue
    if (e.name !== undefined) out = { ...out, name: e.name }
    if (e.description !== undefined) out = { ...out, description: e.description }
    if (e.archived !== undefined) out = { ...out, archived: e.archived }
    if (e.add_tags || e.remove_tags)
      out = {
        ...out,
        tags: [...new Set([...out.tags, ...(e.add_tags ?? [])])].filter((t) => !e.remove_tags?.includes(t)),
      }
    if (e.note?.id) {
      const { id, text } = e.note
      const old = out.notes.find((n) => n.id === id)
      const rest = out.notes.filter((n) => n.id !== id)
      out = {
        ...out,
        notes:
          text === null
            ? rest
            : old
              ? out.notes.map((n) => (n.id === id ? { ...n, text, edited_at: w.at } : n))
              : [...rest, { id, text, created_at: w.at, edited_at: w.at }],
      }
    }
  }
  return out
}

export function startWrites(): void {
  useWrites.setState({ list: load() })
  window.addEventListener('storage', (e) => {
    if (e.key === KEY) useWrites.setState({ list: load() })
  })
  onReachable((ok) => {
    isReachable = ok
    if (!ok && repo === '') flush()
    if (ok && !running && useWrites.getState().list.some((w) => w.tries > 0 && !w.theirs && !w.error)) flush()
  })
}
