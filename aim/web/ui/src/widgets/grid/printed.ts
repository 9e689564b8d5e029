// A grid on paper: all of its rows and columns, as wide as the sheet.

import { useMemo, type CSSProperties } from 'react'
import { SHEET_WIDTH, usePrinting } from '../../base/printing'
import type { View } from './useGridView'

/** More would be a book. */
const MOST_ROWS = 2000

/** null while nothing is printed. */
export function usePrinted(count: number, edges: readonly number[]): { view: View; style: CSSProperties } | null {
  const on = usePrinting((s) => s.on)
  return useMemo(() => {
    if (!on) return null
    const width = edges[edges.length - 1] ?? 0
    return {
      view: { rows: { from: 0, to: Math.min(count, MOST_ROWS) }, cols: { from: 0, to: edges.length - 1 } },
      style: { zoom: Math.min(1, SHEET_WIDTH / width) },
    }
  }, [on, count, edges])
}
