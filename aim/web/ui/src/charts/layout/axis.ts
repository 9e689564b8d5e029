// Grid and axes of a chart, and the text of positions on the x axis.

import { DIGITS, digitsTelling, formatCount, formatDateTime, formatNumber } from '../../base/format'
import type { Palette } from '../../base/palette'
import { toPixel, type Scale } from '../data/scales'
import { clockLabels, linearTicks, logTicks, spanLabel, spanLabels, tickLabels, timeTicks } from './ticks'

/** `metric:loss`: points are at the value of that metric at their step. */
export type XAxis = 'step' | 'epoch' | 'relative_time' | 'time' | `metric:${string}`

/** The metric that an axis is; empty: it is none. */
export function axisMetric(axis: XAxis): string {
  return axis.startsWith('metric:') ? axis.slice(7) : ''
}

const X_LABELS = { step: 'step', epoch: 'epoch', relative_time: 'relative time', time: 'wall time' } as const

export function axisLabel(axis: XAxis): string {
  return axisMetric(axis) || X_LABELS[axis as keyof typeof X_LABELS]
}

export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Most ticks of an axis: one per 70 px across, one per 36 px down. */
const X_TICK_PX = 70
const Y_TICK_PX = 36

export function xTicks(axis: XAxis, scale: Scale, width: number): { at: number[]; labels: string[] } {
  const most = Math.max(2, Math.floor(width / (axis === 'time' ? 100 : X_TICK_PX)))
  const [lo, hi] = scale.domain
  if (scale.kind === 'log') {
    const at = logTicks(lo, hi, most)
    return { at, labels: axis === 'relative_time' ? at.map(spanLabel) : tickLabels(at) }
  }
  if (axis === 'time') {
    const at = timeTicks(lo, hi, most, -new Date(lo * 1000).getTimezoneOffset() * 60)
    return { at, labels: clockLabels(at) }
  }
  if (axis === 'relative_time') {
    const at = timeTicks(lo, hi, most)
    return { at, labels: spanLabels(at) }
  }
  let at = linearTicks(lo, hi, most)
  if (axis === 'step') at = at.filter(Number.isInteger)
  return { at, labels: tickLabels(at) }
}

export function yTicks(scale: Scale, height: number): { at: number[]; labels: string[] } {
  const most = Math.max(2, Math.floor(height / Y_TICK_PX))
  const [lo, hi] = scale.domain
  const at = scale.kind === 'log' ? logTicks(lo, hi, most) : linearTicks(lo, hi, most)
  return { at, labels: tickLabels(at) }
}

/** `reserved`: pixels at the right end of the row of x labels that something else takes. */
export function drawAxes(
  ctx: CanvasRenderingContext2D,
  box: Box,
  axis: XAxis,
  sx: Scale,
  sy: Scale,
  p: Palette,
  reserved: number,
): void {
  const ys = yTicks(sy, box.height)
  const xs = xTicks(axis, sx, box.width)
  ctx.lineWidth = 1
  ctx.setLineDash([])
  ctx.font = `11px ${p.font}`
  ctx.fillStyle = p.text3
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'right'
  for (let i = 0; i < ys.at.length; i++) {
    const y = Math.round(toPixel(sy, ys.at[i]!)) + 0.5
    ctx.strokeStyle = ys.at[i] === 0 ? p.line : p.grid
    ctx.beginPath()
    ctx.moveTo(box.left, y)
    ctx.lineTo(box.left + box.width, y)
    ctx.stroke()
    ctx.fillText(ys.labels[i]!, box.left - 6, y)
  }
  ctx.textBaseline = 'top'
  const right = box.left + box.width
  let free = -Infinity
  for (let i = 0; i < xs.at.length; i++) {
    const x = toPixel(sx, xs.at[i]!)
    const label = xs.labels[i]!
    const w = ctx.measureText(label).width
    // Labels stay on the canvas: the first and last lean inwards.
    const centre = Math.min(Math.max(x, box.left - 4 + w / 2), right + 14 - w / 2)
    if (centre - w / 2 < free || centre + w / 2 > right + 2 - reserved) continue
    free = centre + w / 2 + 8
    ctx.textAlign = 'center'
    ctx.fillText(label, centre, box.top + box.height + 7)
  }
}

/** Significant digits that distinguish a value from one a hundredth of the axis away. */
export function scaleDigits({ domain: [lo, hi] }: Scale): number {
  return digitsTelling((hi - lo) / 100, Math.max(Math.abs(lo), Math.abs(hi)))
}

/** A position on the x axis as text: `step 1 200`. `digits`: see scaleDigits. */
export function xText(axis: XAxis, x: number, digits = DIGITS): string {
  if (axis === 'step') return `step ${formatCount(x)}`
  if (axis === 'epoch') return `epoch ${formatNumber(x, digits)}`
  if (axis === 'relative_time') return spanLabel(x)
  if (axisMetric(axis)) return `${axisMetric(axis)} ${formatNumber(x, digits)}`
  return formatDateTime(x)
}

/** A place as a mark behind a value that was logged there and not at the crosshair: `@1 200`. */
export function atText(axis: XAxis, x: number, digits = DIGITS): string {
  if (axis === 'step') return `@${formatCount(x)}`
  if (axis === 'epoch' || axisMetric(axis)) return `@${formatNumber(x, digits)}`
  return `@${xText(axis, x, digits)}`
}

/** A stretch of the x axis: `step 1 200–1 299`. Without `end` it is known only that it ends before `next`. */
export function xRangeText(axis: XAxis, begin: number, end: number | null, next: number, digits = DIGITS): string {
  const name = axis === 'step' ? 'step ' : axis === 'epoch' ? 'epoch ' : axisMetric(axis) ? `${axisMetric(axis)} ` : ''
  const text = (x: number) => xText(axis, x, digits).slice(name.length)
  if (end === begin) return name + text(begin)
  const between = axis === 'time' || axis === 'relative_time' ? ' – ' : '–'
  if (end !== null) return name + text(begin) + between + text(end)
  return Number.isFinite(next) ? `${name}${text(begin)} to before ${text(next)}` : `from ${name}${text(begin)} on`
}
