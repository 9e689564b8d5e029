// Over which distance each chart of a page smooths its lines: the charts find it, the chip says it.

import { useEffect } from 'react'
import { create } from 'zustand'
import type { Smoothing } from '../../base/api/types'
import { stretchText, type XAxis } from '../../charts/layout/axis'
import { SMOOTHING_LABELS, smoothingSpan } from '../../charts/data/smooth'

interface Distances {
  readonly of: ReadonlyMap<string, number>
}

const useDistances = create<Distances>(() => ({ of: new Map() }))

/** Says over which distance a chart smooths; 0: it does not, or does not know it yet. */
export function useSmoothingDistance(chart: string, distance: number): void {
  useEffect(() => {
    if (distance === 0) return
    useDistances.setState(({ of }) => ({ of: new Map(of).set(chart, distance) }))
    return () =>
      useDistances.setState(({ of }) => {
        const rest = new Map(of)
        rest.delete(chart)
        return { of: rest }
      })
  }, [chart, distance])
}

/** `0.8 ema over 45 steps`, with the least and the most of several charts. */
export function smoothingText(how: Smoothing, axis: XAxis, distances: Iterable<number>): string {
  const spans = [...distances].map((d) => smoothingSpan(how, d))
  const name = `${how.amount} ${SMOOTHING_LABELS[how.kind]}`
  const over = spans.length === 0 ? '' : ` over ${stretchText(axis, Math.min(...spans), Math.max(...spans))}`
  return `${name}${over}${how.trim ? ', without outliers' : ''}`
}

export function useSmoothingText(how: Smoothing | null, axis: XAxis): string {
  const of = useDistances((s) => s.of)
  return how ? smoothingText(how, axis, of.values()) : 'none'
}
