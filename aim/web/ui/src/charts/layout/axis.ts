// Grid and axes of a chart, and the text of positions on the x axis.

import { DIGITS, digitsFor, digitsTelling, formatCount, formatDateTime, formatNumber } from '../../base/format'
import type { Palette } from '../../base/palette'
import { toPixel, type Scale } from '../data/scales'
import type { ChartSpec } from './model'
import { partThousands, shortClock, shortLabels, shortSpans, spanLabel, spanLabels, type TickLabels } from './labels'
import { linearTicks, logTicks, timeTicks } from './ticks'

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

export interface Ticks extends TickLabels {
  readonly at: readonly number[]
}

export function xTicks(axis: XAxis, scale: Scale, width: number): Ticks {
  const most = Math.max(2, Math.floor(width / (axis === 'time' ? 100 : X_TICK_PX)))
  const [lo, hi] = scale.domain
  if (scale.kind === 'log') {
    const at = logTicks(lo, hi, most)
    return { at, ...(axis === 'relative_time' ? shortSpans(at) : shortLabels(at)) }
  }
  if (axis === 'time') {
    const at = timeTicks(lo, hi, most, -new Date(lo * 1000).getTimezoneOffset() * 60)
    return { at, ...shortClock(at) }
  }
  if (axis === 'relative_time') {
    const at = timeTicks(lo, hi, most)
    return { at, ...shortSpans(at) }
  }
  let at = linearTicks(lo, hi, most)
  if (axis === 'step') at = at.filter(Number.isInteger)
  return { at, ...shortLabels(at) }
}

export function yTicks(scale: Scale, height: number): Ticks {
  const most = Math.max(2, Math.floor(height / Y_TICK_PX))
  const [lo, hi] = scale.domain
  const at = scale.kind === 'log' ? logTicks(lo, hi, most) : linearTicks(lo, hi, most)
  return { at, ...shortLabels(at) }
}

/** What an axis is of, and what its labels leave out: `step 1 234 560 +`. */
export function titleOf(name: string, { offset }: TickLabels): string {
  return offset ? `${name} ${offset}` : name
}

/** What the y axis is of: the metric, if all lines are of one. */
export function yTitle({ lines }: Pick<ChartSpec, 'lines'>): string {
  const name = lines[0]?.metric ?? ''
  return lines.every((l) => l.metric === name) ? name : 'value'
}

/** Text cut to a width. */
function cutText(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text
  let n = text.length
  while (n > 1 && measure(`${text.slice(0, n)}…`) > width) n--
  return `${text.slice(0, n)}…`
}

/** Height of the row of notes under the x labels, and its distance from the edge; CSS px, as in Chart.module.css. */
const NOTES = { height: 16, below: 3 }
/** Middle of the title of the y axis. */
const Y_TITLE = 8

export interface AxesLook {
  readonly axis: XAxis
  /** What the y axis is of. */
  readonly yTitle: string
  readonly sx: Scale
  readonly sy: Scale
  /** Of the element with the notes, CSS px. */
  readonly height: number
}

export function drawAxes(ctx: CanvasRenderingContext2D, box: Box, look: AxesLook, p: Palette): void {
  const { axis, sx, sy } = look
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
    if (centre - w / 2 < free) continue
    free = centre + w / 2 + 8
    ctx.textAlign = 'center'
    ctx.fillText(label, centre, box.top + box.height + 6)
  }
  drawTitles(ctx, box, look, titleOf(axisLabel(axis), xs), titleOf(look.yTitle, ys))
}

function drawTitles(
  ctx: CanvasRenderingContext2D,
  box: Box,
  { height }: AxesLook,
  xTitle: string,
  yTitle: string,
): void {
  const measure = (text: string) => ctx.measureText(text).width
  ctx.textAlign = 'left'
  ctx.textBaseline = 'alphabetic'
  // On the baseline of the notes, which are in the same row.
  const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = ctx.measureText(xTitle)
  const free = (NOTES.height - Math.round(up) - Math.round(down)) / 2
  ctx.fillText(
    cutText(xTitle, box.width, measure),
    box.left,
    Math.round(height - NOTES.below - NOTES.height + free + Math.round(up)),
  )
  ctx.save()
  ctx.translate(Y_TITLE, box.top + box.height / 2)
  ctx.rotate(-Math.PI / 2)
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  ctx.fillText(cutText(yTitle, box.height, measure), 0, 0)
  ctx.restore()
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

/** A range of the x axis as text, with the digits that tell its ends apart: `1 234 500 – 1 234 600`. */
export function rangeText(axis: XAxis, [lo, hi]: readonly [number, number]): string {
  if (axis === 'time') return `${formatDateTime(lo)} – ${formatDateTime(hi)}`
  if (axis === 'relative_time') return spanLabels([lo, hi]).join(' – ')
  const apart = Math.floor(Math.log10(hi - lo))
  const size = Math.max(Math.abs(lo), Math.abs(hi))
  if (!Number.isFinite(apart) || size >= 1e15 || size < 1e-3)
    return [lo, hi].map((v) => formatNumber(v, digitsFor([lo, hi]))).join(' – ')
  const text = (v: number) => partThousands(String(Number(v.toFixed(Math.min(20, Math.max(0, 2 - apart))))))
  return `${text(lo)} – ${text(hi)}`
}

/** A length on the x axis as text, or several from `lo` to `hi`: `45 steps`, `45–900 steps`, `1m 30s`. */
export function stretchText(axis: XAxis, lo: number, hi = lo): string {
  const both = (text: (v: number) => string) => {
    const [a, b] = [text(lo), text(hi)]
    return a === b ? a : `${a}–${b}`
  }
  if (axis === 'time' || axis === 'relative_time') return both(spanLabel)
  const number = both((v) => (v >= 1000 ? formatCount(v) : formatNumber(v, 3)))
  if (axis === 'step' || axis === 'epoch') return `${number} ${axis}${number === '1' ? '' : 's'}`
  return `${number} of ${axisMetric(axis)}`
}
