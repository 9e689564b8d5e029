import type { KeyboardEvent } from 'react'
import type { Suggestion } from './suggestions'
import type { Completions } from './useCompletions'

/** Moves in an open list or accepts of it; whether the key was the list's. */
export function onCompletionKey(
  e: KeyboardEvent,
  { list, at, setAt }: Completions,
  accept: (s: Suggestion) => void,
): boolean {
  if (list.length === 0) return false
  if (e.key === 'ArrowDown') setAt((at + 1) % list.length)
  else if (e.key === 'ArrowUp') setAt((at < 1 ? list.length : at) - 1)
  else if (e.key === 'Tab' || (e.key === 'Enter' && at >= 0)) accept(list[Math.max(0, at)]!)
  else return false
  e.preventDefault()
  return true
}
