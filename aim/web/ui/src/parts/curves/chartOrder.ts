// Which charts come first: pinned ones, then the order people gave them by hand, then by name. In the
// address, and kept in this browser for the next visit.

import { useCallback, useEffect, useMemo } from 'react'
import { currentPlace, wasOpened } from '../../base/route'
import { store, storedText } from '../../base/stores'
import type { MetricsView } from './metricsAddress'
import type { ChangeView } from './usePane'

export type Move = 'left' | 'right' | 'first' | { readonly before: string }

export interface Arrangement {
  readonly pins: ReadonlySet<string>
  readonly order: readonly string[]
  readonly togglePin: (key: string) => void
  /** Moves a chart among those that are shown. */
  readonly move: (shown: readonly string[], key: string, to: Move) => void
  /** By name again. */
  readonly resetOrder: () => void
}

/** Orders remembered for charts that are not shown now, at most. */
const KEPT = 500

function storedList(key: string): string[] {
  try {
    const list: unknown = JSON.parse(storedText(key, '[]'))
    return Array.isArray(list) ? list.filter((k) => typeof k === 'string') : []
  } catch {
    return []
  }
}

/** The keys with one of them moved. */
export function moved(keys: readonly string[], key: string, to: Move): string[] {
  const from = keys.indexOf(key)
  const rest = keys.filter((k) => k !== key)
  if (from < 0) return rest
  const at = to === 'first' ? 0 : to === 'left' ? from - 1 : to === 'right' ? from + 1 : rest.indexOf(to.before)
  // Before itself, or before what is gone: it stays where it is.
  rest.splice(typeof to === 'object' && at < 0 ? from : Math.min(rest.length, Math.max(0, at)), 0, key)
  return rest
}

/** Pinned charts first, then those of `order` in that order, then the others as they come. */
export function arrange<T extends { readonly key: string }>(
  charts: readonly T[],
  pins: ReadonlySet<string>,
  order: readonly string[],
): T[] {
  const place = new Map(order.map((key, i) => [key, i]))
  const rank = (c: T) => place.get(c.key) ?? order.length
  return [...charts].sort((a, b) => Number(pins.has(b.key)) - Number(pins.has(a.key)) || rank(a) - rank(b))
}

/**
 * The arrangement of the address. What this browser keeps comes in on a visit from another page, and on one without a view:
 * a link that someone sent shows what it says.
 */
export function useArrangement({ pins, order }: MetricsView, change: ChangeView): Arrangement {
  useEffect(() => {
    const { search } = currentPlace()
    const isBare = [...new URLSearchParams(search).keys()].every((key) => key === 'tab')
    if (pins.length > 0 || order.length > 0 || (wasOpened() && !isBare)) return
    const kept = { pins: storedList('pins'), order: storedList('chart-order') }
    if (kept.pins.length > 0 || kept.order.length > 0) change(kept, 'replace')
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once for a visit
  }, [])
  const keep = useCallback(
    (next: readonly string[]) => {
      store('chart-order', JSON.stringify(next))
      change({ order: next })
    },
    [change],
  )
  const togglePin = useCallback(
    (key: string) => {
      const next = pins.includes(key) ? pins.filter((k) => k !== key) : [...pins, key]
      store('pins', JSON.stringify(next))
      change({ pins: next })
    },
    [pins, change],
  )
  const move = useCallback(
    (shown: readonly string[], key: string, to: Move) => {
      const next = moved(shown, key, to)
      keep([...next, ...order.filter((k) => !next.includes(k))].slice(0, KEPT))
    },
    [keep, order],
  )
  const resetOrder = useCallback(() => keep([]), [keep])
  const pinned = useMemo(() => new Set(pins), [pins])
  return useMemo(
    () => ({ pins: pinned, order, togglePin, move, resetOrder }),
    [pinned, order, togglePin, move, resetOrder],
  )
}
