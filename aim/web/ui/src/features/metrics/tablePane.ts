import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { store, storedNumber, storedText } from '../../base/stores'

const USUAL_SHARE = 0.3
const LARGEST_SHARE = 0.85
/** A pane that is made smaller closes. */
const LEAST_SHARE = 0.06

/** Height of the table as a share of the body; kept in this browser, not in the address. */
export function useTablePane() {
  const [share, setShare] = useState(() =>
    storedText('pane.metrics.closed') === '1' ? 0 : storedNumber('pane.metrics', USUAL_SHARE),
  )
  const drag = useRef(false)
  const set = (s: number) => {
    const next = s < LEAST_SHARE ? 0 : Math.min(LARGEST_SHARE, s)
    setShare(next)
    store('pane.metrics.closed', next === 0 ? '1' : '0')
    if (next > 0) store('pane.metrics', String(next))
  }
  return {
    share,
    toggle: () => set(share > 0 ? 0 : storedNumber('pane.metrics', USUAL_SHARE)),
    handle: {
      onPointerDown: (e: PointerEvent) => {
        drag.current = true
        e.currentTarget.setPointerCapture(e.pointerId)
      },
      onPointerMove: (e: PointerEvent) => {
        if (!drag.current) return
        const box = e.currentTarget.parentElement!.getBoundingClientRect()
        set((box.bottom - e.clientY) / box.height)
      },
      onPointerUp: () => {
        drag.current = false
      },
      onDoubleClick: () => set(share > 0 ? 0 : USUAL_SHARE),
      onKeyDown: (e: KeyboardEvent) => {
        if (e.key === 'ArrowUp') set(share + 0.05)
        else if (e.key === 'ArrowDown') set(share - 0.05)
        else return
        e.preventDefault()
      },
    },
  }
}

export type TablePane = ReturnType<typeof useTablePane>
