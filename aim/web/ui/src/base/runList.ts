// The list that a run was opened from, so that its page can go to the next and the previous one. Kept for the tab.

const KEY = 'aim.list'
/** A list in this browser's storage holds at most this many runs. */
const KEPT = 3000

let list: readonly string[] | null = null

export function rememberList(hashes: readonly string[]): void {
  list = hashes
  try {
    sessionStorage.setItem(KEY, JSON.stringify(hashes.slice(0, KEPT)))
  } catch {
    // Storage is switched off: the list holds until the page is loaded again.
  }
}

export function neighbours(hash: string): { at: number; of: number; previous: string | null; next: string | null } {
  if (list === null) {
    try {
      const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]')
      list = Array.isArray(kept) ? kept.filter((h): h is string => typeof h === 'string') : []
    } catch {
      list = []
    }
  }
  const at = list.indexOf(hash)
  return {
    at,
    of: list.length,
    previous: at > 0 ? list[at - 1]! : null,
    next: at >= 0 && at + 1 < list.length ? list[at + 1]! : null,
  }
}
