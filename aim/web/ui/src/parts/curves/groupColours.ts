// Which colour and which dash a group of lines has. Pure.

import { NEUTRAL, slotOf } from '../../base/palette'
import type { ChartGroup } from '../../charts/layout/model'

/** Values and their places in the order of first appearance, kept while the view lives. */
export class Places {
  private readonly slots = new Map<string, number>()
  private readonly dashes = new Map<string, number>()

  /** @param dashKey null: nothing gives a dash. */
  lookOf(colourKey: string, dashKey: string | null): { slot: number; dash: number } {
    const look = slotOf(placeOf(this.slots, colourKey))
    return dashKey === null ? look : { slot: look.slot, dash: placeOf(this.dashes, dashKey) % 5 }
  }
}

function placeOf(places: Map<string, number>, value: string): number {
  let n = places.get(value)
  if (n === undefined) places.set(value, (n = places.size))
  return n
}

/** Past 40 groups colour says nothing any more: neutral, with colour for hovered and selected alone. */
export function thinnedOut(
  groups: readonly ChartGroup[],
  chosen: Readonly<Record<string, number>>,
): readonly ChartGroup[] {
  return groups.length > 40 ? groups.map((g) => ({ ...g, slot: chosen[colourOf(g.key)] ?? NEUTRAL, dash: 0 })) : groups
}

/** The value that gives a group its colour. */
export function colourOf(groupKey: string): string {
  const cut = groupKey.indexOf('\u0000')
  return cut < 0 ? groupKey : groupKey.slice(0, cut)
}
