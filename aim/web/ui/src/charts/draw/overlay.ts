// What is over a chart and follows the pointer: crosshair, hovered lines, dots and labels, the frame of a zoom.

import { formatCount, formatNumber } from '../../base/format'
import { atText, scaleDigits, type Box } from '../layout/axis'
import { hoverStore, pinStore } from '../../base/hover'
import type { Drag, Drawn, Scene } from '../layout/model'
import { indexAt, lastLogged, noLogged } from '../data/logged'
import { nearestIndex } from '../data/nearest'
import { palette, slotColour } from '../../base/palette'
import { isBucket, loggedText } from '../layout/texts'
import { toPixel } from '../data/scales'
import { drawHoveredEnd } from './endLabels'
import { drawVeil, hoverLine, lineColour } from './hoverLine'

/** `drawGroup` paints the lines of a group. */
export function drawOverlay(
  ctx: CanvasRenderingContext2D,
  id: string,
  scene: Scene,
  ratio: number,
  drag: Drag | null,
  drawGroup: (key: string) => void,
): void {
  const { box } = scene
  const p = palette()
  const h = hoverStore.getState()
  const own = h.chart === id

  ctx.save()
  ctx.beginPath()
  ctx.rect(box.left, box.top - 4, box.width, box.height + 8)
  ctx.clip()
  if (h.group !== null || (own && scene.groupLines.length > 0 && h.line)) drawGroup((h.group ?? h.line)!)
  const hovered: Drawn[] = []
  if (h.run !== null) {
    for (const d of scene.drawn) {
      if (d.line.run !== h.run) continue
      // In the chart under the pointer only the line it is on; elsewhere every line of that run.
      if (own && h.line !== null && d.line.key !== h.line) continue
      hovered.push(d)
      if (hovered.length >= LINES) break
    }
    if (hovered.length > 0) drawVeil(ctx, scene)
    for (const d of hovered) hoverLine(ctx, d, scene, ratio)
  }
  if (drag && drag.kind !== 'pan') {
    const { x, y, toX, toY, kind } = drag
    ctx.fillStyle = p.accent
    ctx.globalAlpha = 0.14
    if (kind === 'x') ctx.fillRect(Math.min(x, toX), box.top, Math.abs(toX - x), box.height)
    else ctx.fillRect(Math.min(x, toX), Math.min(y, toY), Math.abs(toX - x), Math.abs(toY - y))
    ctx.globalAlpha = 1
  }
  const pin = pinStore.getState()
  if (pin.x !== null) crosshair(ctx, scene, pin.x, [])
  if (h.x !== null) crosshair(ctx, scene, h.x, [3, 3])
  ctx.restore()

  for (const d of hovered) drawHoveredEnd(ctx, scene, d)
  const crossX = h.x ?? pin.x
  if (crossX === null) return
  if (h.group !== null && h.x !== null) drawGroupMarks(ctx, h.group, h.x, own, scene)
  const run = h.run ?? (h.group === null && h.x === null ? pin.run : null)
  const marked = run === h.run ? hovered : scene.drawn.filter((d) => d.line.run === run).slice(0, LINES)
  let labels = 0
  for (const d of marked) {
    const at = own ? drawOwn(ctx, d, crossX, scene) : drawLogged(ctx, d, crossX, scene)
    if (!own && at !== null && labels++ < LABELS) label(ctx, box, at[0], at[1], loggedText(d, crossX, scene))
  }
}

/** Up to this many, the single values of a group are dots. */
const DOTS = 10

/** The value of a group at the crosshair, or the one before, and the values that its members logged there. */
function drawGroupMarks(ctx: CanvasRenderingContext2D, key: string, x: number, own: boolean, scene: Scene): void {
  const { spec, box, sx, sy, groupLines } = scene
  for (const { group, data, members } of groupLines) {
    const k = indexAt(data.x, x)
    if (group.key !== key || k < 0) continue
    const at = data.x[k]!
    const value = data.line[k]!
    const [px, py] = [toPixel(sx, at), toPixel(sy, value)]
    if (!Number.isFinite(py) || px < box.left - 4 || py < box.top - 4 || py > box.top + box.height + 4) continue
    const p = palette()
    ctx.fillStyle = slotColour(p, group.slot)
    ctx.globalAlpha = 0.75
    ctx.beginPath()
    if (members.length <= DOTS)
      for (const d of members) {
        const i = indexAt(d.series.x, at)
        const y = i >= 0 && d.series.x[i] === at ? toPixel(sy, d.values[i]!) : NaN
        if (!(y >= box.top && y <= box.top + box.height)) continue
        ctx.moveTo(px + 2.5, y)
        ctx.arc(px, y, 2.5, 0, 2 * Math.PI)
      }
    ctx.fill()
    ctx.globalAlpha = 1
    spot(ctx, px, py, ctx.fillStyle)
    const place = at === x ? '' : ` ${atText(spec.xAxis, at, scaleDigits(sx))}`
    if (!own) label(ctx, box, px, py, `${formatNumber(value, scaleDigits(sy))}${place}, n ${formatCount(data.n[k]!)}`)
  }
}

/** Lines of one run that are marked on one chart, at most, and those of them with a value beside. */
const LINES = 12
const LABELS = 4

function crosshair(ctx: CanvasRenderingContext2D, { box, sx }: Scene, at: number, dash: number[]): void {
  if (at < sx.domain[0] || at > sx.domain[1]) return
  const x = Math.round(toPixel(sx, at)) + 0.5
  ctx.strokeStyle = palette().cross
  ctx.lineWidth = 1
  ctx.setLineDash(dash)
  ctx.beginPath()
  ctx.moveTo(x, box.top)
  ctx.lineTo(x, box.top + box.height)
  ctx.stroke()
  ctx.setLineDash([])
}

type Spot = readonly [number, number]

/** Marks the point that the tooltip is of; a bucket is its stroke from end to end, since its values are at many places. */
function drawOwn(ctx: CanvasRenderingContext2D, d: Drawn, x: number, scene: Scene): Spot | null {
  const { series } = d
  const i = nearestIndex(series.x, x)
  // The hover may be on what is not finite, which is marked below.
  if (i < 0 || series.x[i] !== x) return null
  if (!isBucket(series, i) || d.values !== series.last) return dot(ctx, d, x, d.values[i]!, scene)
  const at = Math.round(toPixel(scene.sx, x)) + 0.5
  const low = Math.min(scene.box.top + scene.box.height, toPixel(scene.sy, series.min![i]!))
  const high = Math.max(scene.box.top, toPixel(scene.sy, series.max![i]!))
  if (!(high <= low)) return null
  ctx.strokeStyle = lineColour(palette(), scene, d)
  ctx.lineWidth = 3
  ctx.beginPath()
  ctx.moveTo(at, Math.min(high, low - 2))
  ctx.lineTo(at, low)
  ctx.stroke()
  return [at, high]
}

/** Marks what a line had last logged at the crosshair, where it was logged: nothing was there at the crosshair itself. */
function drawLogged(ctx: CanvasRenderingContext2D, d: Drawn, x: number, scene: Scene): Spot | null {
  if (!lastLogged(d.series, x, logged)) return null
  const { at, value, lo, hi } = logged
  const i = indexAt(d.series.x, x)
  const shown =
    d.values !== d.series.last && i >= 0 && d.series.x[i] === at ? d.values[i]! : lo < hi ? lo / 2 + hi / 2 : value
  if (Number.isFinite(shown)) return dot(ctx, d, at, shown, scene)
  const bottom = scene.box.top + scene.box.height
  return at >= scene.sx.domain[0] ? [toPixel(scene.sx, at), bottom] : null
}

const logged = noLogged()

function dot(ctx: CanvasRenderingContext2D, d: Drawn, valueX: number, value: number, scene: Scene): Spot | null {
  const { box } = scene
  const x = toPixel(scene.sx, valueX)
  const y = Math.min(box.top + box.height, Math.max(box.top, toPixel(scene.sy, value)))
  if (!Number.isFinite(y) || x < box.left - 4 || x > box.left + box.width + 4) return null
  spot(ctx, x, y, lineColour(palette(), scene, d))
  return [x, y]
}

function spot(ctx: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  ctx.fillStyle = palette().bg
  ctx.beginPath()
  ctx.arc(x, y, 5.5, 0, 2 * Math.PI)
  ctx.fill()
  ctx.fillStyle = colour
  ctx.beginPath()
  ctx.arc(x, y, 3.75, 0, 2 * Math.PI)
  ctx.fill()
}

function label(ctx: CanvasRenderingContext2D, box: Box, x: number, y: number, text: string): void {
  const p = palette()
  ctx.font = `11px ${p.font}`
  const w = ctx.measureText(text).width
  const right = x + 12 + w + 4 < box.left + box.width
  const left = right ? x + 10 : x - 10 - w - 4
  const top = Math.max(box.top, y - 20)
  ctx.fillStyle = p.bg
  ctx.globalAlpha = 0.88
  ctx.fillRect(left - 2, top, w + 8, 16)
  ctx.globalAlpha = 1
  ctx.fillStyle = p.text2
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.fillText(text, left + 2, top + 8)
}
