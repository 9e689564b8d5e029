// The list of completions below the field of an expression.

import { useEffect, useRef, useState } from 'react'
import { api } from '../../../base/api/client'
import type { Suggestion } from '../../query/suggestions'
import type { Completions } from '../../query/useCompletions'
import { lookupOf, suggestExpression } from './expressionText'

const DELAY_MS = 100

export function useExpressionCompletions(): Completions {
  const [list, setList] = useState<readonly Suggestion[]>([])
  const [at, setAt] = useState(-1)
  const timer = useRef(0)
  const asked = useRef<AbortController | null>(null)
  const cancel = () => {
    clearTimeout(timer.current)
    asked.current?.abort()
  }
  useEffect(() => cancel, [])
  const ask = (text: string, caret: number) => {
    cancel()
    setAt(-1)
    const wanted = lookupOf(text, caret)
    if (!wanted) {
      setList([])
      return
    }
    timer.current = window.setTimeout(() => {
      const control = new AbortController()
      asked.current = control
      api.names(wanted, control.signal).then(
        (names) => setList(suggestExpression(names, text, caret)),
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
