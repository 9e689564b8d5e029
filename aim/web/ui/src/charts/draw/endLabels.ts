// The names of lines at their right ends, with the last value: which lines, in which words, and where.

import { formatNumber } from '../../base/format'
import { palette, slotColour } from '../../base/palette'
import { visibleRange } from '../../base/series'
import { toPixel, type Scale } from '../data/scales'
import { scaleDigits, type Box } from '../layout/axis'
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

/** The ends of single lines. */
export function lineEnds(spec: ChartSpec, drawn: readonly Drawn[], sx: Scale, sy: Scale): End[] {
  const lines = new Map<number, number>()
  for (const d of drawn) lines.set(d.line.group, (lines.get(d.line.group) ?? 0) + 1)
  // A group of one line is that line; the lines of larger groups have the names of their runs.
  const byGroup = lines.size === drawn.length
  const names = shortNames(drawn.map((d) => (byGroup ? spec.groups[d.line.group]!.label : d.line.label)))
  const ends: End[] = []
  // A name that says nothing is not worth its room.
  if (names.length === 1 && SAYS_NOTHING.has(names[0]!)) return ends
  for (const [k, d] of drawn.entries()) {
    const i = lastIndex(d.series.x, d.values, sx.domain[0], sx.domain[1])
    if (i < 0) continue
    const y = toPixel(sy, d.values[i]!)
    if (!Number.isFinite(y)) continue
    const slot = spec.groups[d.line.group]!.slot
    ends.push({
      slot,
      name: names[k]!,
      value: d.values[i]!,
      x: d.series.x[i]!,
      y,
      n: null,
      isStrong: isStrong(d, spec),
    })
  }
  return ends
}

/** The ends of the lines of groups. */
export function groupEnds(groups: readonly GroupLine[], sx: Scale, sy: Scale): End[] {
  const names = shortNames(groups.map((g) => g.group.label))
  const ends: End[] = []
  for (const [k, { group, data, members }] of groups.entries()) {
    const i = lastIndex(data.x, data.line, sx.domain[0], sx.domain[1])
    if (i < 0) continue
    const y = toPixel(sy, data.line[i]!)
    if (!Number.isFinite(y)) continue
    const from = i > 0 ? data.x[i - 1]! : -Infinity
    const n = members.reduce((sum, m) => sum + Number((m.series.x.at(-1) ?? -Infinity) > from), 0)
    ends.push({ slot: group.slot, name: names[k]!, value: data.line[i]!, x: data.x[i]!, y, n, isStrong: false })
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

/** Room for names right of a plot, CSS px: as much as they need, at most a share of the chart; never too little for numbers. */
export function endRoom(
  ends: readonly Pick<End, 'name' | 'value' | 'n'>[],
  sy: Scale,
  width: number,
  measure: (text: string) => number,
): number {
  const digits = scaleDigits(sy)
  const cut = measure(CUT_NAME)
  let widest = 0
  let least = 0
  for (const e of ends) {
    const name = measure(e.name)
    const numbers = BOLD * measure(formatNumber(e.value, digits)) + measure(countText(e.n))
    widest = Math.max(widest, name + numbers)
    least = Math.max(least, Math.min(name, cut) + numbers)
  }
  if (widest === 0) return 0
  const around = OFFSET + SWATCH + 2 * GAP + EDGE
  const share = Math.min(MOST_ROOM, width * MOST_SHARE)
  const room = Math.ceil(around + Math.max(least, Math.min(widest, share - around)))
  const beside = (e: Pick<End, 'value' | 'n'>) => room - around - BOLD * measure(formatNumber(e.value, digits))
  if (hasValueRoom(ends, beside, measure)) return room
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

/** Cut in the middle: names of runs differ at either end. */
export function fitText(text: string, room: number, measure: (text: string) => number): string {
  if (measure(text) <= room) return text
  let keep = text.length - 1
  const cut = (n: number) => `${text.slice(0, Math.ceil(n / 2))}…${text.slice(text.length - Math.floor(n / 2))}`
  while (keep > 1 && measure(cut(keep)) > room) keep--
  return cut(keep)
}

/** So many letters tell most names apart. */
const LEAST_LETTERS = 10

/**
 * Whether the names of single lines can be told apart beside their values. Else the values go: legend, tooltip and table
 * have them too. Those of groups stay, with how many they are of.
 *
 * @param roomOf What is left for a name beside its value.
 */
export function hasValueRoom<E extends Pick<End, 'name' | 'n'>>(
  ends: readonly E[],
  roomOf: (e: E) => number,
  measure: (text: string) => number,
): boolean {
  const cut = new Map<string, string>()
  return ends.every((e) => {
    if (e.n !== null) return true
    const text = fitText(e.name, roomOf(e), measure)
    const other = cut.get(text)
    cut.set(text, e.name)
    return text.length >= Math.min(e.name.length, LEAST_LETTERS) && (other === undefined || other === e.name)
  })
}

export function drawEnds(ctx: CanvasRenderingContext2D, { ends, box, sx, sy }: Scene): void {
  const width = ctx.canvas.width / ctx.getTransform().a
  const withValues = haveValues(ctx, ends, box, sy, width)
  for (const e of ends) drawEnd(ctx, e, box, sx, sy, width, withValues)
}

/** What a name has right of the plot, with the number of its members, and without its value. */
const nameRoom = (box: Box, width: number): number => width - (box.left + box.width + OFFSET + SWATCH + GAP) - EDGE / 2

function haveValues(
  ctx: CanvasRenderingContext2D,
  ends: readonly EndLabel[],
  box: Box,
  sy: Scale,
  width: number,
): boolean {
  ctx.font = `11px ${palette().font}`
  const measure = (text: string) => ctx.measureText(text).width
  const digits = scaleDigits(sy)
  const room = nameRoom(box, width) - GAP
  return hasValueRoom(
    ends,
    (e) => room - BOLD * measure(formatNumber(e.value, digits)) - measure(countText(e.n)),
    measure,
  )
}

/** One name with its value, where it has room, on the background, and a thin line to it where it is not at its line's end. */
function drawEnd(
  ctx: CanvasRenderingContext2D,
  e: EndLabel,
  box: Box,
  sx: Scale,
  sy: Scale,
  width: number,
  withValue: boolean,
  over = false,
): void {
  const p = palette()
  const right = box.left + box.width
  const left = right + OFFSET
  const value = withValue ? formatNumber(e.value, scaleDigits(sy)) : ''
  const count = countText(e.n)
  if (over) {
    ctx.fillStyle = p.bg
    ctx.fillRect(left - 2, e.at - PITCH / 2, width - left, PITCH)
  }
  const y = Math.min(box.top + box.height, Math.max(box.top, e.y))
  const x = Math.min(right, toPixel(sx, e.x))
  if (x < right - 6 || Math.abs(e.at - y) > 1.5) {
    ctx.strokeStyle = p.line
    ctx.lineWidth = 1
    ctx.setLineDash([1, 3])
    ctx.beginPath()
    ctx.moveTo(x + 3, y)
    if (x < right) ctx.lineTo(right, y)
    ctx.stroke()
    ctx.setLineDash([])
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
  const wide = strong + ctx.measureText(count).width
  const at = left + SWATCH + GAP
  const name = fitText(e.name, nameRoom(box, width) - (wide > 0 ? GAP + wide : 0), (t) => ctx.measureText(t).width)
  ctx.fillStyle = p.text
  ctx.fillText(name, at, e.at + 0.5)
  const after = at + ctx.measureText(name).width + GAP
  ctx.fillText(count, after + strong, e.at + 0.5)
  ctx.font = `600 11px ${p.font}`
  ctx.fillText(value, after, e.at + 0.5)
}

/** The name of a hovered line that has none, over those that are there. */
export function drawHoveredEnd(ctx: CanvasRenderingContext2D, scene: Scene, d: Drawn): void {
  const { ends, spec, sx, sy, box } = scene
  if (ends.length === 0 || scene.allNamed) return
  const [end] = lineEnds(spec, [d], sx, sy)
  if (!end || end.y < box.top || end.y > box.top + box.height) return
  const width = ctx.canvas.width / ctx.getTransform().a
  const label = { ...end, at: end.y }
  drawEnd(ctx, label, box, sx, sy, width, haveValues(ctx, [...ends, label], box, sy, width), true)
}
