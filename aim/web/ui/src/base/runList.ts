// The list that a run was opened from, so that its page can go to the next and the previous one. Kept for the tab.

const KEY = 'aim.list'
/** A list in this browser's storage holds at most this many runs. */
const KEPT = 3000

/** Reads the runs at some places of a list that were not read yet. */
export type ReadMore = (offset: number) => Promise<readonly string[]>

interface List {
  /** Empty where a run was not read yet. */
  readonly hashes: readonly (string | undefined)[]
  readonly read: ReadMore | null
}

let list: List | null = null

/** @param hashes All of the list; undefined where they were not read. */
export function rememberList(hashes: readonly (string | undefined)[], read: ReadMore | null = null): void {
  list = { hashes, read }
  store()
}

function store(): void {
  try {
    const kept = Array.from(list!.hashes.slice(0, KEPT), (h) => h ?? '')
    sessionStorage.setItem(KEY, JSON.stringify({ kept, of: list!.hashes.length }))
  } catch {
    // Storage is switched off: the list holds until the page is loaded again.
  }
}

function stored(): List {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as { kept?: unknown; of?: unknown }
    if (!Array.isArray(found.kept)) return { hashes: [], read: null }
    const hashes = found.kept.map((h) => (typeof h === 'string' && h ? h : undefined))
    if (typeof found.of === 'number' && found.of > hashes.length) hashes.length = Math.min(found.of, 1e7)
    return { hashes, read: null }
  } catch {
    return { hashes: [], read: null }
  }
}

export interface Neighbours {
  readonly at: number
  readonly of: number
  readonly previous: string | null
  readonly next: string | null
}

export function neighbours(hash: string): Neighbours {
  list ??= stored()
  const { hashes } = list
  const at = hashes.indexOf(hash)
  return {
    at,
    of: hashes.length,
    previous: at > 0 ? (hashes[at - 1] ?? null) : null,
    next: at >= 0 ? (hashes[at + 1] ?? null) : null,
  }
}

/** Reads on where the list goes on beside a run and was not read yet; whether there is more than before. */
export async function readBeside(hash: string): Promise<boolean> {
  const known = list
  if (!known?.read) return false
  const at = known.hashes.indexOf(hash)
  const missing = [at + 1, at - 1].find((i) => at >= 0 && i >= 0 && i < known.hashes.length && !known.hashes[i])
  if (missing === undefined) return false
  const from = missing > at ? missing : Math.max(0, missing - MORE + 1)
  const found = await known.read(from).catch(() => [])
  if (list !== known || found.length === 0) return false
  const hashes = Array.from(known.hashes)
  found.forEach((h, i) => {
    if (from + i < hashes.length) hashes[from + i] = h
  })
  list = { ...known, hashes }
  store()
  return true
}

/** Runs that are read at a time. */
export const MORE = 100
