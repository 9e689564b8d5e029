// The hovered point in full: step, time, epoch and exact value. A frame holds one axis, and values as fine as pixels;
// the rest is fetched once the pointer rests.

import { api } from '../../base/api/client'
import type { Attempts, Point } from '../../base/api/types'
import { formatCount, formatNumber } from '../../base/format'
import { axisMetric, type XAxis } from '../layout/axis'
import { spanLabel } from '../layout/ticks'

/** A pointer that only passes asks for nothing, in ms. */
const REST_MS = 80
/** Points that are remembered. */
const MOST = 500

const known = new Map<string, Point>()
let wanted = ''
let timer = 0
let control: AbortController | null = null

/** What is known of the point of a sequence at `x`; null until it is, and `ready` is told unless another was asked for. */
export function pointDetail(
  sequence: string,
  axis: XAxis,
  attempts: Attempts,
  x: number,
  ready: () => void,
): Point | null {
  const key = `${sequence} ${axis} ${attempts} ${x}`
  const found = known.get(key)
  if (found || key === wanted) return found ?? null
  clearTimeout(timer)
  control?.abort()
  wanted = key
  timer = window.setTimeout(() => {
    control = new AbortController()
    api.point(sequence, axis, attempts, x, control.signal).then(
      (point) => {
        if (known.size >= MOST) known.clear()
        known.set(key, point)
        if (wanted === key) ready()
      },
      // The tooltip says what the frame holds; nothing to add.
      () => undefined,
    )
  }, REST_MS)
  return null
}

/** `step 1 200 · 3m 20s · epoch 2`, without what the axis says already. */
export function detailText(point: Point, axis: XAxis): string {
  const parts = []
  if (axis !== 'step') parts.push(`step ${formatCount(point.step)}`)
  if (axis !== 'relative_time') parts.push(spanLabel(Math.round(point.relative_time * 1000) / 1000))
  if (point.epoch !== null && axis !== 'epoch' && axisMetric(axis) !== 'epoch')
    parts.push(`epoch ${formatNumber(point.epoch)}`)
  return parts.join(' · ')
}
