// The text of a query field, and the last queries as the arrow keys bring them back.

import { useRef, useState, type KeyboardEvent } from 'react'
import type { SearchKind } from '../../base/search'
import { addToHistory, readHistory } from './queryHistory'

/** `ran`: the query that ran last. */
export function useQueryText(value: string, kind: SearchKind, onRun: (query: string) => void) {
  const [text, setText] = useState(value)
  const [ran, setRan] = useState(value)
  /** Index in the history of the query that is shown, or -1. */
  const recalled = useRef(-1)
  // The address changed under the field: back, forward, a link.
  if (value !== ran) {
    setRan(value)
    setText(value)
  }
  const run = (query: string) => {
    const clean = query.trim()
    setText(clean)
    setRan(clean)
    recalled.current = -1
    if (clean) addToHistory(kind, clean)
    onRun(clean)
  }
  /** Shows an earlier or a later query where the key asks for one; false where it does not. */
  const recall = (e: KeyboardEvent): boolean => {
    const isRecalled = recalled.current >= 0
    const isUp = e.key === 'ArrowUp' && (text === '' || isRecalled)
    if (!isUp && !(e.key === 'ArrowDown' && isRecalled)) return false
    e.preventDefault()
    const history = readHistory(kind)
    recalled.current = Math.min(history.length - 1, recalled.current + (isUp ? 1 : -1))
    setText(history[recalled.current] ?? '')
    return true
  }
  const forgetRecall = () => {
    recalled.current = -1
  }
  return { text, setText, ran, run, recall, forgetRecall }
}
