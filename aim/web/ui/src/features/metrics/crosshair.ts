// Cells of values at the crosshair: filled by hand while it moves, since React would be too slow.

import { useCallback, useEffect, useState } from 'react'
import { crossX, inFrame, onCross } from '../../base/hover'
import type { SeriesCache } from '../../charts/data/seriesCache'

/** Sorting by the value at the crosshair follows once the pointer has rested. */
const REST_MS = 200

/**
 * Fills the cells with an attribute while the crosshair moves. `crossX`: where it rests, while rows are sorted by it.
 *
 * @param cache Where the values are: they may come after the cells.
 * @param set Fills one cell; x is null while there is no crosshair.
 */
export function useCrosshair(
  attribute: string,
  set: (cell: HTMLElement, x: number | null) => void,
  isSorted: boolean,
  cache: SeriesCache,
): { readonly crossX: number | null; readonly fill: (cell: HTMLElement | null) => void } {
  const [restX, setRestX] = useState<number | null>(null)
  useEffect(() => {
    let timer = 0
    const follow = () => {
      const x = crossX()
      if (x !== null) setRestX(x)
    }
    const fillAll = () => {
      const x = crossX()
      for (const e of document.querySelectorAll<HTMLElement>(`[${attribute}]`)) set(e, x)
      if (!isSorted) return
      clearTimeout(timer)
      timer = window.setTimeout(follow, REST_MS)
    }
    if (isSorted) follow()
    const ends = [onCross(fillAll), cache.onAdd(() => inFrame(fillAll))]
    return () => {
      clearTimeout(timer)
      for (const end of ends) end()
    }
  }, [attribute, set, isSorted, cache])
  /** A cell that scrolls or sorts into sight is filled at once. */
  const fill = useCallback(
    (e: HTMLElement | null) => {
      if (e) set(e, crossX())
    },
    [set],
  )
  return { crossX: restX, fill }
}
