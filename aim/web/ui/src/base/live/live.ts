// The live connection: a stream of server-sent events that names changed runs, one for all tabs. At most two rounds a
// second reach the page; a hidden tab pauses and catches up once.

import { create } from 'zustand'
import { onReachable } from '../api/client'
import type { LiveChange } from '../api/types'
import { resume, isVisible, setPaused } from './whenVisible'
import { apiUrl } from '../route'
import type { FromStream } from './sharedStream'
import { makeStream, type Stream } from './stream'

export type LiveState = 'live' | 'paused' | 'reconnecting' | 'connecting'

interface Live {
  readonly state: LiveState
  /** Seconds until the next try, while reconnecting. */
  readonly retryIn: number
  /** When the server was last heard, in Unix seconds. */
  readonly heardAt: number
  /** The server was upgraded since this page was loaded. */
  readonly upgraded: boolean
  toggle(): void
  retry(): void
}

const ROUND_MS = 500
const RETRY_MAX_S = 8

// The state of the page's only connection; `startLive` opens it once.
const listeners = new Set<(change: LiveChange) => void>()
let stream: Stream | null = null
let waiting: { runs: Set<string>; fresh: Set<string>; removed: Set<string> } | null = null
let roundTimer = 0
let retryTimer = 0
let tries = 0
let version = ''

export const useLive = create<Live>((set, get) => ({
  state: 'connecting',
  retryIn: 0,
  heardAt: Date.now() / 1000,
  upgraded: false,
  toggle() {
    if (get().state === 'paused') {
      set({ state: 'connecting' })
      connect()
      waiting = null
      // First: what was postponed is part of it, and asks once.
      deliver({ runs: ['*'], new_runs: [], removed: [], at: Date.now() / 1000 })
      setPaused(false)
    } else {
      stopWaiting()
      stream?.leave()
      setPaused(true)
      set({ state: 'paused' })
    }
  },
  retry() {
    tries = 0
    connect()
  },
}))

export function onLive(f: (change: LiveChange) => void): () => void {
  listeners.add(f)
  return () => listeners.delete(f)
}

/** `runs: ['*']` means: look at everything again. */
function deliver(change: LiveChange): void {
  for (const l of listeners) l(change)
}

function flush(): void {
  roundTimer = 0
  if (!waiting || !isVisible()) return
  const w = waiting
  waiting = null
  deliver({ runs: [...w.runs], new_runs: [...w.fresh], removed: [...w.removed], at: Date.now() / 1000 })
}

function gather(data: Partial<LiveChange>): void {
  waiting ??= { runs: new Set(), fresh: new Set(), removed: new Set() }
  for (const r of data.runs ?? []) waiting.runs.add(r)
  for (const r of data.new_runs ?? []) waiting.fresh.add(r)
  for (const r of data.removed ?? []) waiting.removed.add(r)
  if (!roundTimer) roundTimer = window.setTimeout(flush, ROUND_MS)
}

function stopWaiting(): void {
  clearTimeout(retryTimer)
  retryTimer = 0
}

function lost(): void {
  stopWaiting()
  if (useLive.getState().state === 'paused') return
  const wait = Math.min(RETRY_MAX_S, 2 ** tries++)
  let left = wait
  useLive.setState({ state: 'reconnecting', retryIn: left })
  const tick = () => {
    left--
    if (left <= 0) connect()
    else {
      useLive.setState({ retryIn: left })
      retryTimer = window.setTimeout(tick, 1000)
    }
  }
  retryTimer = window.setTimeout(tick, 1000)
}

function connect(): void {
  stopWaiting()
  stream ??= makeStream(hear)
  stream.want(new URL(apiUrl('live'), location.href).href)
}

function hear(message: FromStream): void {
  // What was on its way when the page was paused.
  if (useLive.getState().state === 'paused') return
  if (message.kind === 'lost') return lost()
  if (message.kind === 'open') {
    stopWaiting()
    // What changed while there was no stream is not sent again.
    if (tries > 0) gather({ runs: ['*'] })
    tries = 0
    useLive.setState({ state: 'live', retryIn: 0 })
  }
  useLive.setState({ heardAt: Date.now() / 1000 })
  if (message.kind === 'change') gather(JSON.parse(message.data) as LiveChange)
}

/** Told of each answer that carries the server's version. */
export function noteVersion(seen: string): void {
  if (version && seen !== version) useLive.setState({ upgraded: true })
  version = seen
}

export function startLive(): void {
  connect()
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return
    flush()
    resume()
    // Whether the stream is still alive: the machine may have slept.
    if (useLive.getState().state === 'live') connect()
  })
  onReachable((ok) => {
    const { state } = useLive.getState()
    if (ok && state === 'reconnecting' && !retryTimer) connect()
    if (!ok && state === 'live') lost()
  })
}
