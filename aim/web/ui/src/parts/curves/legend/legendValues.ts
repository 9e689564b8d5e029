// The values of a legend: at the crosshair, else the last ones. Written by hand: a hover costs no React render.

import { useEffect, type RefObject } from 'react'
import { formatNumber } from '../../../base/format'
import { hoverStore, inFrame } from '../../../base/hover'
import { nearestIndex } from '../../../charts/data/nearest'
import { scaleDigits } from '../../../charts/layout/axis'
import { loggedText } from '../../../charts/layout/texts'
import type { Drawn, GroupLine, Scene } from '../../../charts/layout/model'

/** What a group's value is read from; the lines of a group that is not one line have no value in common. */
function sources(scene: Scene): Map<string, Drawn | GroupLine | null> {
  const found = new Map<string, Drawn | GroupLine | null>()
  for (const g of scene.groupLines) found.set(g.group.key, g)
  if (scene.groupLines.length > 0) return found
  for (const d of scene.drawn) {
    const { key } = scene.spec.groups[d.line.group]!
    found.set(key, found.has(key) ? null : d)
  }
  return found
}

/** As text; `x` null: the last value. */
function valueText(of: Drawn | GroupLine, x: number | null, scene: Scene): string {
  const digits = scaleDigits(scene.sy)
  if ('group' in of) {
    const { data } = of
    let i = x === null ? data.line.length - 1 : nearestIndex(data.x, x)
    if (x === null) while (i > 0 && Number.isNaN(data.line[i]!)) i--
    return Number.isNaN(data.line[i]!) ? '' : formatNumber(data.line[i], digits)
  }
  return x === null ? formatNumber(of.values[of.values.length - 1], digits) : loggedText(of, x, scene)
}

/** Keeps the texts of the elements with `data-value` in `host` up to date. `scene` gives the picture that is shown. */
export function useLegendValues(
  host: RefObject<HTMLElement | null>,
  scene: () => Scene | null,
  version: unknown,
): void {
  useEffect(() => {
    let known: Scene | null = null
    let from = new Map<string, Drawn | GroupLine | null>()
    const fill = () => {
      const now = scene()
      if (!now || !host.current) return
      if (now !== known) {
        known = now
        from = sources(now)
      }
      const h = hoverStore.getState()
      for (const e of host.current.querySelectorAll<HTMLElement>('[data-value]')) {
        const of = from.get(e.dataset.value!)
        const text = of ? valueText(of, h.x, now) : ''
        if (e.textContent !== text) e.textContent = text
      }
    }
    inFrame(fill)
    return hoverStore.subscribe(() => inFrame(fill))
  }, [host, scene, version])
}
