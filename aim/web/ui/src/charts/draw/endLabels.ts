// The names of lines at their right ends, with the last value: which lines, in which words, and where.

import { formatNumber } from '../../base/format'
import { palette, slotColour } from '../../base/palette'
import { visibleRange, type Series } from '../../base/series'
import { toPixel, type Scale } from '../data/scales'
import { atText, scaleDigits, type Box } from '../layout/axis'
import { areApart, fitNames } from '../layout/fitNames'
import { shortNames } from '../layout/shortNames'
import {
  isStrong,
  type ChartSpec,
  type Drawn,
  type End,
  type EndLabel,
  type GroupLine,
  type Scene,
} from '../layout/model'

/** From this width on a chart has room for names, CSS px. */
const LEAST_WIDTH = 380
const LEAST_HEIGHT = 70
const MOST_ROOM = 200
const MOST_SHARE = 0.26
const MOST_LABELS = 8
/** Labels are this far apart, from middle to middle. */
const PITCH = 14
const SWATCH = 8
const GAP = 5
/** Of the plot to the labels. */
const OFFSET = 8
const EDGE = 6

export function hasEndRoom(width: number, height: number): boolean {
  return width >= LEAST_WIDTH && height >= LEAST_HEIGHT
}

/** The last point of a line in the visible range; -1: there is none. */
function lastIndex(x: Float64Array, y: Float64Array, x0: number, x1: number): number {
  let i = visibleRange(x, x0, x1)[1] - 1
  while (i >= 0 && x[i]! > x1) i--
  while (i >= 0 && x[i]! >= x0 && !Number.isFinite(y[i]!)) i--
  return i >= 0 && x[i]! >= x0 ? i : -1
}

const SAYS_NOTHING: ReadonlySet<string> = new Set(['all', 'no context', 'none'])

/** A line that ends this far before the right edge, in pixels, has its end marked. */
const EARLY = 6

/** `@1 200` where a line ends before the right edge; empty where it reaches the edge or goes on beyond it. */
function endPlace(spec: ChartSpec, sx: Scale, end: number, x: number): string {
  return end <= x && toPixel(sx, x) < sx.range[1] - EARLY ? atText(spec.xAxis, x, scaleDigits(sx)) : ''
}

/** The last value that is not finite, at or before `x1` and behind the `i`-th point; null where there is none. */
function lastNonfinite({ x, count, nonfinite }: Series, i: number, x1: number): readonly [number, number] | null {
  let k = nonfinite.length - 1
  while (k >= 0 && nonfinite[k]![0] > x1) k--
  if (k < 0) return null
  const [at, kind] = nonfinite[k]!
  // Within a bucket it has finite values behind it.
  if (at <= x[i]! || (count !== null && count[i]! > 1 && at < (x[i + 1] ?? Infinity))) return null
  return [at, kind === 'inf' ? Infinity : kind === '-inf' ? -Infinity : NaN]
}

/** The ends of single lines. `names`: as lineNames gives them. */
export function lineEnds(
  spec: ChartSpec,
  drawn: readonly Drawn[],
  names: readonly string[],
  sx: Scale,
  sy: Scale,
): End[] {
  const ends: End[] = []
  // A name that says nothing is not worth its room.
  if (names.length === 1 && SAYS_NOTHING.has(names[0]!)) return ends
  const [x0, x1] = sx.domain
  for (const [k, d] of drawn.entries()) {
    const { series } = d
    const i = lastIndex(series.x, d.values, x0, x1)
    if (i < 0) continue
    const y = toPixel(sy, d.values[i]!)
    if (!Number.isFinite(y)) continue
    const { slot } = spec.groups[d.line.group]!
    const x = series.x[i]!
    const [at, value] = lastNonfinite(series, i, x1) ?? [x, d.values[i]!]
    const last = Math.max(series.x.at(-1)!, series.nonfinite.at(-1)?.[0] ?? -Infinity)
    const place = endPlace(spec, sx, last, at)
    ends.push({ slot, name: names[k]!, value, x, y, place, n: null, isStrong: isStrong(d, spec) })
  }
  return ends
}

/** The ends of the lines of groups. */
export function groupEnds(spec: ChartSpec, groups: readonly GroupLine[], sx: Scale, sy: Scale): End[] {
  const names = shortNames(groups.map((g) => g.group.label))
  const ends: End[] = []
  for (const [k, { group, data, members }] of groups.entries()) {
    const i = lastIndex(data.x, data.line, sx.domain[0], sx.domain[1])
    if (i < 0) continue
    const y = toPixel(sy, data.line[i]!)
    if (!Number.isFinite(y)) continue
    const x = data.x[i]!
    const from = i > 0 ? data.x[i - 1]! : -Infinity
    const n = members.reduce((sum, m) => sum + Number((m.series.x.at(-1) ?? -Infinity) > from), 0)
    const last = data.x[lastIndex(data.x, data.line, -Infinity, Infinity)]!
    const place = endPlace(spec, sx, last, x)
    ends.push({ slot: group.slot, name: names[k]!, value: data.line[i]!, x, y, place, n, isStrong: false })
  }
  return ends
}

/**
 * Which ends are named, from the top: all of a few. Of many those that are farthest from each other: each name is then at
 * its own line, and names and values say how far the lines spread.
 */
export function pickEnds(ends: readonly End[], { top, height }: Pick<Box, 'top' | 'height'>): End[] {
  const most = Math.min(MOST_LABELS, Math.floor(height / PITCH))
  const byHeight = (a: End, b: End) => a.y - b.y
  if (ends.length <= most) return [...ends].sort(byHeight)
  const inside = ends.filter((e) => e.y >= top && e.y <= top + height)
  const picked = inside.filter((e) => e.isStrong).slice(0, most)
  const distance = new Float64Array(inside.length).fill(Infinity)
  const near = (e: End) => {
    for (let i = 0; i < inside.length; i++) distance[i] = Math.min(distance[i]!, Math.abs(inside[i]!.y - e.y))
  }
  for (const e of picked) near(e)
  if (picked.length === 0 && inside.length > 0) {
    picked.push(inside.reduce((a, b) => (b.y < a.y ? b : a)))
    near(picked[0]!)
  }
  while (picked.length < most) {
    let best = -1
    for (let i = 0; i < inside.length; i++)
      if (distance[i]! >= PITCH && (best < 0 || distance[i]! > distance[best]!)) best = i
    if (best < 0) break
    picked.push(inside[best]!)
    near(inside[best]!)
  }
  return picked.sort(byHeight)
}

/** Middles of labels, `PITCH` apart, each as near to its wish as the others let it; wishes come from the top. */
export function spreadOut(wishes: readonly number[], lo: number, hi: number): number[] {
  const at = wishes.map((y) => Math.min(hi, Math.max(lo, y)))
  // Groups of labels that touch are moved as one, to the mean of what they wish.
  const groups: { from: number; to: number; mid: number }[] = []
  for (let i = 0; i < at.length; i++) {
    groups.push({ from: i, to: i, mid: at[i]! })
    while (groups.length > 1) {
      const b = groups[groups.length - 1]!
      const a = groups[groups.length - 2]!
      if (b.mid - span(b) - (a.mid + span(a)) >= PITCH) break
      groups.pop()
      a.to = b.to
      let sum = 0
      for (let k = a.from; k <= a.to; k++) sum += at[k]!
      const half = span(a)
      a.mid = Math.max(lo + half, Math.min(hi - half, sum / (a.to - a.from + 1)))
    }
  }
  for (const g of groups) for (let k = g.from; k <= g.to; k++) at[k] = g.mid - span(g) + (k - g.from) * PITCH
  return at
}

const span = (g: { from: number; to: number }): number => ((g.to - g.from) * PITCH) / 2

/** What stands behind the value of a group. */
const countText = (n: number | null): string => (n === null ? '' : ` n ${n}`)

type Measure = (text: string) => number
type Labelled = Pick<End, 'name' | 'value' | 'n'>

const widthBehind = (e: Labelled, digits: number, measure: Measure): number =>
  BOLD * measure(formatNumber(e.value, digits)) + measure(countText(e.n))

/** Room for names right of a plot, CSS px: as much as they need, at most a share of the chart; never too little for numbers. */
export function endRoom(ends: readonly Labelled[], sy: Scale, width: number, measure: Measure): number {
  if (ends.length === 0) return 0
  const digits = scaleDigits(sy)
  const cut = measure(CUT_NAME)
  let widest = 0
  let least = 0
  for (const e of ends) {
    const name = measure(e.name)
    const numbers = widthBehind(e, digits, measure)
    widest = Math.max(widest, name + numbers)
    least = Math.max(least, Math.min(name, cut) + numbers)
  }
  const around = OFFSET + SWATCH + 2 * GAP + EDGE
  const share = Math.min(MOST_ROOM, width * MOST_SHARE)
  const room = Math.ceil(around + Math.max(least, Math.min(widest, share - around)))
  if (textsWith(true, ends, room - around + GAP, digits, measure)) return room
  return Math.ceil(Math.min(share, around - GAP + Math.max(...ends.map((e) => measure(e.name)))))
}

/** Names may be cut to this length, numbers never. */
const CUT_NAME = 'abc…123'

/** Bold numbers are wider than what was measured. */
const BOLD = 1.12

export function placeEnds(ends: readonly End[], box: Box): EndLabel[] {
  const lo = box.top + PITCH / 2 - 2
  const hi = box.top + box.height - PITCH / 2 + 2
  const at = spreadOut(
    ends.map((e) => e.y),
    lo,
    hi,
  )
  return ends.map((e, i) => ({ ...e, at: at[i]! }))
}

/** So many letters tell most names apart. */
const LEAST_LETTERS = 10

export interface EndText {
  readonly name: string
  /** Empty where it has no room. */
  readonly value: string
  /** Of a group: how many lines it is of. */
  readonly count: string
}

/**
 * The texts of ends in a room that is `room` wide. Where the names of lines could not be told apart beside their values,
 * the values go: legend, tooltip and table have them, too. Groups keep theirs, with how many lines they are of.
 */
export function endTexts(ends: readonly Labelled[], room: number, digits: number, measure: Measure): EndText[] {
  return textsWith(true, ends, room, digits, measure) ?? textsWith(false, ends, room, digits, measure)!
}

/** Null where names cannot be told apart beside values. */
function textsWith(
  withValues: boolean,
  ends: readonly Labelled[],
  room: number,
  digits: number,
  measure: Measure,
): EndText[] | null {
  const full = ends.map((e) => e.name)
  const hasValue = (e: Labelled) => withValues || e.n !== null
  const names = fitNames(
    full,
    (i) => room - (hasValue(ends[i]!) ? GAP + widthBehind(ends[i]!, digits, measure) : 0),
    measure,
  )
  const isEnough = (e: Labelled, i: number) =>
    e.n !== null || names[i]!.length >= Math.min(e.name.length, LEAST_LETTERS)
  const isReadable = ends.every(isEnough) && (areApart(full, names) || ends.every((e) => e.n !== null))
  if (withValues && !isReadable) return null
  return ends.map((e, i) => ({
    name: names[i]!,
    value: hasValue(e) ? formatNumber(e.value, digits) : '',
    count: countText(e.n),
  }))
}

export function drawEnds(ctx: CanvasRenderingContext2D, { ends, box, sx, sy }: Scene): void {
  const width = ctx.canvas.width / ctx.getTransform().a
  const texts = textsOn(ctx, ends, box, sy, width)
  for (const [i, e] of ends.entries()) drawEnd(ctx, e, texts[i]!, box, sx, width)
  let above = -Infinity
  for (const e of ends) {
    if (!e.place || e.y < box.top || e.y > box.top + box.height) continue
    // They come from the top: one that would cover the place before it has the bar alone.
    const hasText = e.y - above >= PITCH
    drawStop(ctx, e, box, sx, hasText)
    if (hasText) above = e.y
  }
}

/** What a name has right of the plot, with its value. */
const nameRoom = (box: Box, width: number): number => width - (box.left + box.width + OFFSET + SWATCH + GAP) - EDGE / 2

function textsOn(
  ctx: CanvasRenderingContext2D,
  ends: readonly EndLabel[],
  box: Box,
  sy: Scale,
  width: number,
): EndText[] {
  ctx.font = `11px ${palette().font}`
  return endTexts(ends, nameRoom(box, width), scaleDigits(sy), (text) => ctx.measureText(text).width)
}

/** One name with its texts on the background, and a thin line to it where it is not at its line's end. */
function drawEnd(
  ctx: CanvasRenderingContext2D,
  e: EndLabel,
  { name, value, count }: EndText,
  box: Box,
  sx: Scale,
  width: number,
  over = false,
): void {
  const p = palette()
  const right = box.left + box.width
  const left = right + OFFSET
  if (over) {
    ctx.fillStyle = p.bg
    ctx.fillRect(left - 2, e.at - PITCH / 2, width - left, PITCH)
  }
  const y = Math.min(box.top + box.height, Math.max(box.top, e.y))
  const x = Math.min(right, toPixel(sx, e.x))
  if (x < right - EARLY || Math.abs(e.at - y) > 1.5) {
    ctx.strokeStyle = e.place ? p.text3 : p.line
    ctx.lineWidth = 1
    ctx.setLineDash([1, 3])
    ctx.beginPath()
    ctx.moveTo(x + 3, y)
    if (x < right) ctx.lineTo(right, y)
    ctx.stroke()
    ctx.setLineDash([])
    ctx.strokeStyle = p.line
    ctx.beginPath()
    ctx.moveTo(right, y)
    ctx.lineTo(left - 2, e.at)
    ctx.stroke()
  }
  ctx.fillStyle = slotColour(p, e.slot)
  ctx.beginPath()
  ctx.roundRect(left, e.at - SWATCH / 2, SWATCH, SWATCH, 2)
  ctx.fill()
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.font = `600 11px ${p.font}`
  const strong = ctx.measureText(value).width
  ctx.font = `11px ${p.font}`
  const at = left + SWATCH + GAP
  ctx.fillStyle = p.text
  ctx.fillText(name, at, e.at + 0.5)
  const after = at + ctx.measureText(name).width + GAP
  ctx.fillText(count, after + strong, e.at + 0.5)
  ctx.font = `600 11px ${p.font}`
  ctx.fillText(value, after, e.at + 0.5)
}

const STOP = 5

/** A bar across the end of a line, and where that is: nobody shall take the value for one at the right edge. */
function drawStop(ctx: CanvasRenderingContext2D, e: EndLabel, box: Box, sx: Scale, hasText: boolean): void {
  const p = palette()
  const x = toPixel(sx, e.x) + 1
  ctx.strokeStyle = slotColour(p, e.slot)
  ctx.lineWidth = 2
  ctx.beginPath()
  ctx.moveTo(x, e.y - STOP)
  ctx.lineTo(x, e.y + STOP)
  ctx.stroke()
  ctx.font = `11px ${p.font}`
  const wide = ctx.measureText(e.place).width
  const left = x + STOP
  if (!hasText || left + wide > box.left + box.width) return
  ctx.fillStyle = p.bg
  ctx.globalAlpha = 0.88
  ctx.fillRect(left - 2, e.y - PITCH / 2, wide + 4, PITCH)
  ctx.globalAlpha = 1
  ctx.fillStyle = p.text2
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.fillText(e.place, left, e.y + 0.5)
}

/** The name of a hovered line that has none, over those that are there. */
export function drawHoveredEnd(ctx: CanvasRenderingContext2D, scene: Scene, d: Drawn): void {
  const { ends, names, spec, drawn, sx, sy, box } = scene
  if (ends.length === 0 || scene.allNamed) return
  const name = names[drawn.indexOf(d)]
  const [end] = name === undefined ? [] : lineEnds(spec, [d], [name], sx, sy)
  if (!end || end.y < box.top || end.y > box.top + box.height) return
  const width = ctx.canvas.width / ctx.getTransform().a
  const label = { ...end, at: end.y }
  const texts = textsOn(ctx, [...ends, label], box, sy, width)
  drawEnd(ctx, label, texts.at(-1)!, box, sx, width, true)
}
