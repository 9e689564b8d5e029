// The colour of a run: the same on every page. A slot of eight, from the server where its answer has one, else from the hash;
// or the one that the user chose, which this browser keeps.

import { useCallback } from 'react'
import { create } from 'zustand'
import { CATEGORIES } from './palette'
import { store, storedText } from './stores'

export type RunSlots = Readonly<Record<string, number>>

/** What a page knows of a run that tells its colour. */
export interface ColouredRun {
  readonly hash: string
  /** Of the answer: apart from the runs that began just before. */
  readonly slot?: number | null | undefined
}

const KEY = 'colours'
/** Choices that are kept; the oldest go first. */
const MOST_CHOSEN = 2000

interface RunColours {
  /** By hash, which is different in every repo. */
  readonly chosen: RunSlots
  /** `slot` null: back to its own. */
  choose(hash: string, slot: number | null): void
}

export const useRunColours = create<RunColours>((set, get) => ({
  chosen: readSlots(storedText(KEY)),
  choose(hash, slot) {
    const { [hash]: _, ...rest } = get().chosen
    const chosen = slot === null ? rest : { ...rest, [hash]: slot }
    set({ chosen })
    store(KEY, JSON.stringify(Object.fromEntries(Object.entries(chosen).slice(-MOST_CHOSEN))))
  },
}))

/** Slots as they were stored; what is not one is left out. */
export function readSlots(text: string): RunSlots {
  try {
    const stored: unknown = JSON.parse(text || '{}')
    if (stored === null || typeof stored !== 'object') return {}
    return Object.fromEntries(Object.entries(stored).filter(([, slot]) => isSlot(slot))) as RunSlots
  } catch {
    return {}
  }
}

function isSlot(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < CATEGORIES
}

/** FNV-1a, which spreads hashes that differ in one character. */
function hashSlot(hash: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < hash.length; i++) h = Math.imul(h ^ hash.charCodeAt(i), 0x01000193)
  return ((h ^ (h >>> 16)) >>> 0) % CATEGORIES
}

export function runSlot(run: ColouredRun, chosen: RunSlots): number {
  return chosen[run.hash] ?? run.slot ?? hashSlot(run.hash)
}

/** The slot of any run, with the choices of this browser. */
export function useRunSlot(): (run: ColouredRun) => number {
  const chosen = useRunColours((s) => s.chosen)
  return useCallback((run) => runSlot(run, chosen), [chosen])
}
