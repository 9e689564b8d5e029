// Which charts come first: pinned ones, then the order people gave them by hand, then by name. Kept in this browser.

import { useCallback, useMemo, useState } from 'react'
import { store, storedText } from '../../base/stores'

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

export function useArrangement(): Arrangement {
  const [pins, setPins] = useState<ReadonlySet<string>>(() => new Set(storedList('pins')))
  const [order, setOrder] = useState<readonly string[]>(() => storedList('chart-order'))
  const keep = useCallback((next: readonly string[]) => {
    setOrder(next)
    store('chart-order', JSON.stringify(next))
  }, [])
  const togglePin = useCallback(
    (key: string) => {
      const next = new Set(pins)
      if (!next.delete(key)) next.add(key)
      setPins(next)
      store('pins', JSON.stringify([...next]))
    },
    [pins],
  )
  const move = useCallback(
    (shown: readonly string[], key: string, to: Move) => {
      const next = moved(shown, key, to)
      keep([...next, ...order.filter((k) => !next.includes(k))].slice(0, KEPT))
    },
    [keep, order],
  )
  const resetOrder = useCallback(() => keep([]), [keep])
  return useMemo(() => ({ pins, order, togglePin, move, resetOrder }), [pins, order, togglePin, move, resetOrder])
}
