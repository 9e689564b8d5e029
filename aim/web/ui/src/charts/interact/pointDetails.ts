// The hovered point in full: step, time, epoch and exact value. A frame holds one axis, and values as fine as pixels;
// the rest is fetched once the pointer rests.

import { api } from '../../base/api/client'
import type { Attempts, Point } from '../../base/api/types'
import { formatCount, formatNumber } from '../../base/format'
import { axisMetric, type XAxis } from '../layout/axis'
import { spanLabel } from '../layout/labels'

/** A pointer that only passes asks for nothing, in ms. */
const REST_MS = 80
/** Points that are remembered. */
const MOST = 500

interface Asked {
  readonly sequence: string
  readonly axis: XAxis
  readonly attempts: Attempts
  readonly x: number
  /** Of a bucket: where the next one begins. */
  readonly until: number | null
}

class PointDetails {
  private readonly known = new Map<string, Point>()
  private wanted = ''
  private ready: () => void = () => undefined
  private timer = 0
  private control: AbortController | null = null

  of(asked: Asked, ready: () => void): Point | null {
    const key = `${asked.sequence} ${asked.axis} ${asked.attempts} ${asked.x} ${asked.until}`
    const found = this.known.get(key)
    if (found) return found
    // The pointer may have moved to another value at the same place: the latest one is to be shown.
    this.ready = ready
    if (key === this.wanted) return null
    clearTimeout(this.timer)
    this.control?.abort()
    this.wanted = key
    this.timer = window.setTimeout(() => this.fetch(asked, key), REST_MS)
    return null
  }

  private fetch({ sequence, axis, attempts, x, until }: Asked, key: string): void {
    this.control = new AbortController()
    api.point(sequence, axis, attempts, x, until, this.control.signal).then(
      (point) => {
        if (this.known.size >= MOST) this.known.clear()
        this.known.set(key, point)
        if (this.wanted === key) this.ready()
      },
      // The tooltip says what the frame holds; nothing to add.
      () => undefined,
    )
  }
}

/** The only one: a page has one pointer, which is on one point. */
const details = new PointDetails()

/** What is known of the point of a sequence at `x`; null until it is, then `ready` is called unless another was asked for. */
export function pointDetail(asked: Asked, ready: () => void): Point | null {
  return details.of(asked, ready)
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
