import { useEffect, useState } from 'react'

/** CSS px; a width of 0 until it is known. */
export interface PaneSize {
  readonly width: number
  /** Of what scrolls around it. */
  readonly height: number
}

export function usePaneSize(host: { readonly current: HTMLElement | null }): PaneSize {
  const [size, setSize] = useState<PaneSize>({ width: 0, height: 0 })
  useEffect(() => {
    const element = host.current!
    const around = element.parentElement!
    const sizes = new ResizeObserver(() => {
      const next = { width: element.clientWidth, height: around.clientHeight }
      setSize((old) => (old.width === next.width && old.height === next.height ? old : next))
    })
    sizes.observe(element)
    sizes.observe(around)
    return () => sizes.disconnect()
  }, [host])
  return size
}
