// What is under the pointer, shared by every chart, table and legend of the page. Never React state: subscribers draw
// in one animation frame.

import { createStore } from 'zustand/vanilla'

export interface Hover {
  /** The run that is highlighted everywhere. */
  readonly run: string | null
  /** The line, where the pointer is on one. */
  readonly line: string | null
  /** Crosshair position on the shared x axis. */
  readonly x: number | null
  /** The chart that has the pointer. */
  readonly chart: string | null
  /** A whole group, from a legend. */
  readonly group: string | null
}

export const NO_HOVER: Hover = { run: null, line: null, x: null, chart: null, group: null }
export const hoverStore = createStore<Hover>(() => NO_HOVER)

export function setHover(next: Hover): void {
  const h = hoverStore.getState()
  if (h.run === next.run && h.line === next.line && h.x === next.x && h.chart === next.chart && h.group === next.group)
    return
  hoverStore.setState(next, true)
}

export function clearHover(): void {
  setHover(NO_HOVER)
}

const pending = new Set<() => void>()
let requested = false

/** What a click keeps: it stays where the pointer leaves. A copy of what the address says, for what is drawn by hand. */
export interface Pin {
  readonly run: string | null
  /** Crosshair position on the shared x axis. */
  readonly x: number | null
}

export const NO_PIN: Pin = { run: null, x: null }
export const pinStore = createStore<Pin>(() => NO_PIN)

/** What is pinned after a click on `run` at `x`, or on no run: the same again lets go, as does no run after one. */
export function afterPin(now: Pin, run: string | null, x: number | null): Pin {
  if (run === null && now.run !== null) return NO_PIN
  return now.run === run && now.x === x ? NO_PIN : { run, x }
}

/** Where the crosshair is: under the pointer, else where it was pinned. */
export function crossX(): number | null {
  return hoverStore.getState().x ?? pinStore.getState().x
}

/** Runs `work` in a frame after the pointer or the pin has moved, until the answer is called. */
export function onCross(work: () => void): () => void {
  const ends = [hoverStore.subscribe(() => inFrame(work)), pinStore.subscribe(() => inFrame(work))]
  return () => ends.forEach((end) => end())
}

/** Runs `work` once in the next animation frame, however often it is asked for. */
export function inFrame(work: () => void): void {
  pending.add(work)
  if (requested) return
  requested = true
  requestAnimationFrame(() => {
    // Work may ask for more work of the same frame: the pointer sets the hover, the hover draws the overlays.
    for (let round = 0; round < 3 && pending.size > 0; round++) {
      const now = [...pending]
      pending.clear()
      for (const w of now) w()
    }
    requested = false
    if (pending.size > 0) inFrame(() => undefined)
  })
}

let marked: string | null = null

function markRows(): void {
  const { run } = hoverStore.getState()
  if (run === marked) return
  for (const e of document.querySelectorAll('[data-hover]')) e.removeAttribute('data-hover')
  if (run)
    for (const e of document.querySelectorAll(`[data-run="${CSS.escape(run)}"]`)) e.setAttribute('data-hover', '')
  marked = run
}

hoverStore.subscribe(() => inFrame(markRows))
