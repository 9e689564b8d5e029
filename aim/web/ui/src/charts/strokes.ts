// The lines of a chart on a canvas: all of them where they are few, those that stand out where they are many.

import type { RasterLine, RasterPass } from './baseRaster'
import { trace, type Pen } from './lod'
import { isStrong, type Drawn, type Scene } from './model'
import { DASHES, NEUTRAL, palette, slotColour } from './palette'
import { toPixel, type Scale } from './scales'
import { visibleRange } from './series'

/** Segments between two looks at the clock. */
const SLICE_SEGMENTS = 8_000
const LIVE_ENDS = 200
/** Half the length of the dash that stands for a point alone, in pixels. */
const LONE = 3

/** What the raster draws, in its order: raw lines behind smoothed ones. */
export function rasterPasses({ spec, drawn }: Scene): RasterPass[] {
  const lines: RasterLine[] = []
  for (const d of drawn) {
    const group = spec.groups[d.line.group]
    if (!isStrong(d, spec)) lines.push({ series: d.series, values: d.values, slot: group?.slot ?? NEUTRAL, dash: group?.dash ?? 0 })
  }
  const faded = spec.focus !== null
  // Neutral lines are dense: a little light keeps their structure visible.
  const neutral = spec.groups.every((g) => g.slot === NEUTRAL)
  const alpha = (faded ? 0.25 : 1) * (neutral ? 0.55 : 1)
  return spec.smoothing !== null
    ? [
        { lines, alpha: 0.18 * (faded ? 0.5 : 1), values: false },
        { lines, alpha, values: true },
      ]
    : [{ lines, alpha, values: false }]
}

export function* lineSteps(ctx: CanvasRenderingContext2D, scene: Scene): Generator<void> {
  const { spec, drawn: shown, sx, sy } = scene
  const p = palette()
  const [x0, x1] = sx.domain
  const faded = spec.focus !== null
  ctx.lineJoin = 'bevel'
  let segments = 0
  const pass = function* (values: boolean, alpha: number): Generator<void> {
    ctx.lineWidth = 1.5
    ctx.globalAlpha = alpha
    for (const d of shown) {
      if (isStrong(d, spec)) continue
      const group = spec.groups[d.line.group]
      ctx.strokeStyle = slotColour(p, group?.slot ?? NEUTRAL)
      ctx.setLineDash(DASHES[group?.dash ?? 0] as number[])
      ctx.beginPath()
      const [from, to] = visibleRange(d.series.x, x0, x1)
      segments += trace(ctx, d.series, { from, to, x: sx, y: sy, values: values ? d.values : null, gaps: spec.gaps })
      ctx.stroke()
      if (segments > SLICE_SEGMENTS) {
        segments = 0
        yield
      }
    }
  }
  const full = faded ? 0.25 : 1
  if (spec.smoothing !== null) {
    yield* pass(false, 0.18 * (faded ? 0.5 : 1))
    yield* pass(true, full)
  } else yield* pass(false, full)
  ctx.globalAlpha = 1
  ctx.setLineDash([])
}

export function strongLine(ctx: CanvasRenderingContext2D, d: Drawn, { spec, sx, sy }: Scene): void {
  const p = palette()
  const group = spec.groups[d.line.group]
  const [from, to] = visibleRange(d.series.x, sx.domain[0], sx.domain[1])
  const path = new Path2D()
  trace(path, d.series, { from, to, x: sx, y: sy, values: spec.smoothing !== null ? d.values : null, gaps: spec.gaps })
  ctx.lineJoin = 'round'
  ctx.setLineDash([])
  // Strokes from minimum to maximum stand side by side: any wider, and they run into one filled shape.
  const dense = d.series.count !== null && spec.smoothing === null
  ctx.strokeStyle = p.bg
  ctx.lineWidth = dense ? 4 : 5
  ctx.stroke(path)
  ctx.setLineDash(DASHES[group?.dash ?? 0] as number[])
  ctx.strokeStyle = group && group.slot !== NEUTRAL ? slotColour(p, group.slot) : p.accent
  ctx.lineWidth = dense ? 1.5 : 2.5
  ctx.stroke(path)
  ctx.setLineDash([])
}

/** Dots at the ends of what goes on, where the chart has few enough lines to tell them apart. */
export function drawLiveEnds(ctx: CanvasRenderingContext2D, scene: Scene): void {
  if (scene.drawn.length > LIVE_ENDS) return
  for (const d of scene.drawn) if (d.line.live) endDot(ctx, d, scene)
}

function endDot(ctx: CanvasRenderingContext2D, d: Drawn, { spec, sx, sy }: Scene): void {
  const n = d.series.x.length
  if (n === 0) return
  const x = d.series.x[n - 1]!
  if (x < sx.domain[0] || x > sx.domain[1]) return
  const y = toPixel(sy, d.values[n - 1]!)
  if (!Number.isFinite(y)) return
  ctx.fillStyle = slotColour(palette(), spec.groups[d.line.group]?.slot ?? NEUTRAL)
  ctx.beginPath()
  ctx.arc(toPixel(sx, x), y, 3, 0, 2 * Math.PI)
  ctx.fill()
}

/** Adds a line through points to a path, broken where there is none; a point alone is a short dash. */
export function plainPath(pen: Pen, x: Float64Array, y: Float64Array, sx: Scale, sy: Scale): void {
  let points = 0
  let px = 0
  let py = 0
  for (let i = 0; i <= x.length; i++) {
    const next = i < x.length ? toPixel(sy, y[i]!) : NaN
    if (!(next - next === 0)) {
      if (points === 1) {
        pen.moveTo(px - LONE, py)
        pen.lineTo(px + LONE, py)
      }
      points = 0
      continue
    }
    px = toPixel(sx, x[i]!)
    py = next
    if (points++ > 0) pen.lineTo(px, py)
    else pen.moveTo(px, py)
  }
}
