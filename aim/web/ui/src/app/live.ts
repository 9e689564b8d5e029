// The live connection: one stream of server-sent events that names changed runs. At most two rounds a second reach the
// page; a hidden tab pauses and catches up once.

import { create } from 'zustand'
import { onReachable } from '../api/client'
import type { LiveChange } from '../api/types'
import { apiUrl } from './route'

export type LiveState = 'live' | 'paused' | 'reconnecting' | 'connecting'

interface Live {
  readonly state: LiveState
  /** Seconds until the next try, while reconnecting. */
  readonly retryIn: number
  /** When the server was last heard, in Unix seconds. */
  readonly heardAt: number
  /** The version that this page was loaded from is no longer the one that runs. */
  readonly upgraded: boolean
  toggle(): void
  retry(): void
}

const ROUND_MS = 500
const RETRY_MAX_S = 8

const listeners = new Set<(change: LiveChange) => void>()
let source: EventSource | null = null
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
      deliver({ runs: ['*'], new_runs: [], removed: [], at: Date.now() / 1000 })
    } else {
      close()
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
  if (!waiting || document.hidden) return
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

function close(): void {
  source?.close()
  source = null
  clearTimeout(retryTimer)
  retryTimer = 0
}

function lost(): void {
  close()
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
  close()
  const again = tries > 0
  source = new EventSource(apiUrl('live'))
  source.onopen = () => {
    tries = 0
    useLive.setState({ state: 'live', retryIn: 0, heardAt: Date.now() / 1000 })
    if (again) {
      // What changed meanwhile is not told again.
      gather({ runs: ['*'] })
    }
  }
  source.onerror = lost
  source.addEventListener('change', (e) => {
    useLive.setState({ heardAt: Date.now() / 1000 })
    gather(JSON.parse((e as MessageEvent<string>).data) as LiveChange)
  })
  source.addEventListener('ping', () => useLive.setState({ heardAt: Date.now() / 1000 }))
}

/** Told of each answer that carries the server's version. */
export function noteVersion(seen: string): void {
  if (version && seen !== version) useLive.setState({ upgraded: true })
  version = seen
}

export function startLive(): void {
  connect()
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) flush()
  })
  onReachable((ok) => {
    const { state } = useLive.getState()
    if (ok && state === 'reconnecting' && !retryTimer) connect()
    if (!ok && state === 'live') lost()
  })
}
