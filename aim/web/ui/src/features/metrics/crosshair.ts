// Cells of values at the crosshair: filled by hand while it moves, since React would be too slow.

import { useCallback, useEffect, useState } from 'react'
import { hoverStore, inFrame } from '../../base/hover'

/** Sorting by the value at the crosshair follows once the pointer has rested. */
const REST_MS = 200

/**
 * Fills the cells with an attribute while the crosshair moves. `crossX`: where it came to rest, while rows are sorted by it.
 *
 * @param set Fills one cell; x is null while there is no crosshair.
 */
export function useCrosshair(
  attribute: string,
  set: (cell: HTMLElement, x: number | null) => void,
  isSorted: boolean,
): { readonly crossX: number | null; readonly fill: (cell: HTMLElement | null) => void } {
  const [crossX, setCrossX] = useState<number | null>(null)
  useEffect(() => {
    let timer = 0
    const fillAll = () => {
      const { x } = hoverStore.getState()
      for (const e of document.querySelectorAll<HTMLElement>(`[${attribute}]`)) set(e, x)
    }
    return hoverStore.subscribe(() => {
      inFrame(fillAll)
      if (!isSorted) return
      clearTimeout(timer)
      timer = window.setTimeout(() => {
        const { x } = hoverStore.getState()
        if (x !== null) setCrossX(x)
      }, REST_MS)
    })
  }, [attribute, set, isSorted])
  /** A cell that scrolls or sorts into sight is filled at once. */
  const fill = useCallback(
    (e: HTMLElement | null) => {
      if (e) set(e, hoverStore.getState().x)
    },
    [set],
  )
  return { crossX, fill }
}
