// The list of completions below a query field.

import { useEffect, useRef, useState } from 'react'
import { api } from '../../base/api/client'
import type { SearchKind } from '../../base/search'
import { inString, valueBefore, wordBefore } from './highlight'
import { lookup, suggest, suggestValues, type Suggestion } from './suggestions'

/** How long nothing was typed before the server is asked. */
const DELAY_MS = 100

export interface Completions {
  readonly list: readonly Suggestion[]
  /** The active one, or -1. */
  readonly at: number
  setAt(index: number): void
  /** Asks what can complete the query at the caret. */
  ask(query: string, caret: number): void
  /** Closes the list, also one that has been asked for. */
  close(): void
}

export function useCompletions(kind: SearchKind): Completions {
  const [list, setList] = useState<readonly Suggestion[]>([])
  const [at, setAt] = useState(-1)
  const timer = useRef(0)
  const asked = useRef<AbortController | null>(null)
  const cancel = () => {
    clearTimeout(timer.current)
    asked.current?.abort()
  }
  useEffect(() => cancel, [])

  const ask = (query: string, caret: number) => {
    cancel()
    setAt(-1)
    const { word, from } = wordBefore(query, caret)
    const value = valueBefore(query, caret)
    const names = word.length > 0 && !inString(query, caret)
    if (!value && !names) {
      setList([])
      return
    }
    timer.current = window.setTimeout(() => {
      const control = new AbortController()
      asked.current = control
      const ofValues = value
        ? api.values(value.name, value.typed, control.signal).then((found) => suggestValues(found.values, value))
        : []
      const ofNames = names
        ? api.names(lookup(word), control.signal).then((found) => suggest(found, word, from, kind))
        : []
      Promise.all([ofValues, ofNames]).then(
        // Where a value is asked for, those that it really has come first, and alone if there are any.
        ([values, others]) => setList(values.length > 0 ? values : others),
        () => undefined,
      )
    }, DELAY_MS)
  }
  const close = () => {
    cancel()
    setAt(-1)
    setList([])
  }
  return { list, at, setAt, ask, close }
}
