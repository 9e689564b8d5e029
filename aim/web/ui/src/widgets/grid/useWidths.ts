// Widths that were given to columns by dragging, kept by the page or by this browser.

import { useCallback, useMemo, useState } from 'react'
import { storedText, store } from '../../base/stores'
import { MIN_WIDTH } from './widths'

export type Widths = Readonly<Record<string, number>>

/**
 * @param name Of the table, for what this browser keeps.
 * @param kept Widths that the page keeps; undefined: this browser does.
 */
export function useWidths(name: string, kept: Widths | undefined, onWidth?: (column: string, width: number) => void) {
  const [stored, setStored] = useState<Widths>(() => (kept ? {} : readWidths(name)))
  /** While the pointer moves. */
  const [dragged, setDragged] = useState<Widths>({})
  const given = kept ?? stored
  const widths = useMemo<Widths>(() => ({ ...given, ...dragged }), [given, dragged])
  const resize = useCallback(
    (column: string, to: number, done: boolean) => {
      const width = Math.max(MIN_WIDTH, Math.round(to))
      if (!done) {
        setDragged((d) => ({ ...d, [column]: width }))
        return
      }
      setDragged({})
      if (onWidth) onWidth(column, width)
      else {
        setStored((w) => {
          const next = { ...w, [column]: width }
          store(`columns.${name}`, JSON.stringify(next))
          return next
        })
      }
    },
    [name, onWidth],
  )
  return { widths, resize }
}

function readWidths(name: string): Widths {
  try {
    return JSON.parse(storedText(`columns.${name}`, '{}')) as Widths
  } catch {
    return {}
  }
}
