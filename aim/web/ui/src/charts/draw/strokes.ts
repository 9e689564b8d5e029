// The lines of a chart on a canvas: all of them where they are few, those that stand out where they are many.

import { ACCENT, type RasterLine, type RasterPass } from './baseRaster'
import type { Box } from '../layout/axis'
import { addDot, DOT, trace, type Pen } from '../data/lod'
import { isDensity, isStrong, type Drawn, type Scene } from '../layout/model'
import { CATEGORIES, DASHES, NEUTRAL, palette, slotColour } from '../../base/palette'
import { toPixel, type Scale } from '../data/scales'
import { lowerBound, visibleRange } from '../../base/series'

/** Segments between two looks at the clock. */
const SLICE_SEGMENTS = 8_000
const LIVE_ENDS = 200
const RING = 3.5
/** Above this many lines they let each other through. */
const THIN_FROM = 40
/** The mark of a lone point on a line that stands out. */
const STRONG_DOT = 3.5

/** Lone points of one colour: marks that are drawn whole, also at the edges of the plot, and without dashes. */
export interface Dots {
  readonly colour: string
  readonly alpha: number
  readonly radius: number
  /** x and y of each, in CSS px. */
  readonly at: readonly number[]
}

/** Draws those that are in the plot. */
export function drawDots(ctx: CanvasRenderingContext2D, box: Box, all: readonly Dots[]): void {
  for (const { colour, alpha, radius, at } of all) {
    ctx.fillStyle = colour
    ctx.globalAlpha = alpha
    ctx.beginPath()
    for (let i = 0; i < at.length; i += 2) {
      if (!isInPlot(box, at[i]!, at[i + 1]!)) continue
      ctx.moveTo(at[i]! + radius, at[i + 1]!)
      ctx.arc(at[i]!, at[i + 1]!, radius, 0, 2 * Math.PI)
    }
    ctx.fill()
  }
  ctx.globalAlpha = 1
}

/** Half a pixel beyond the edge is the column of the edge. */
export function isInPlot({ left, top, width, height }: Box, x: number, y: number): boolean {
  return x >= left - 1 && x <= left + width + 1 && y >= top - 1 && y <= top + height + 1
}

/** Lines of too few points stay as they are where others are smoothed. */
export function isSmoothed({ series, values }: Pick<Drawn, 'series' | 'values'>): boolean {
  return values !== series.last
}

/** What the raster draws, in its order: raw lines behind smoothed ones. */
export function rasterPasses({ spec, drawn }: Scene): RasterPass[] {
  const lines: RasterLine[] = []
  for (const d of drawn) {
    const group = spec.groups[d.line.group]
    if (!isStrong(d, spec))
      lines.push({ series: d.series, values: d.values, slot: group?.slot ?? NEUTRAL, dash: group?.dash ?? 0 })
  }
  const faded = spec.focus !== null
  // Many lines are dense: a little light keeps their structure visible.
  const alpha = (faded ? 0.25 : 1) * (lines.length > THIN_FROM ? 0.6 : 1)
  const smoothed = lines.filter(isSmoothed)
  if (isDensity(drawn.length)) {
    const pass = { lines: shaded(lines, spec), alpha: faded ? 0.4 : 1, isDensity: true }
    return [{ ...pass, values: smoothed.length > 0 }]
  }
  return smoothed.length > 0
    ? [
        { lines: smoothed, alpha: 0.18 * (faded ? 0.5 : 1), values: false },
        { lines, alpha, values: true },
      ]
    : [{ lines, alpha, values: false }]
}

/** Of shades: eight colours for thousands of runs would say nothing, those of numbers and of a few values do. */
function shaded(lines: readonly RasterLine[], { groups }: Scene['spec']): readonly RasterLine[] {
  const isOfMany = groups.length > CATEGORIES && groups.every((g) => g.slot < CATEGORIES)
  return isOfMany ? lines.map((l) => ({ ...l, slot: ACCENT, dash: 0 })) : lines
}

export function* lineSteps(ctx: CanvasRenderingContext2D, scene: Scene, dots: Dots[]): Generator<void> {
  const { spec, drawn: shown, sx, sy } = scene
  const p = palette()
  const [x0, x1] = sx.domain
  const faded = spec.focus !== null
  ctx.lineJoin = 'bevel'
  const full = faded ? 0.25 : 1
  const behind = 0.18 * (faded ? 0.5 : 1)
  let segments = 0
  const pass = function* (values: boolean, alpha: number): Generator<void> {
    ctx.lineWidth = 1.5
    ctx.globalAlpha = alpha
    for (const d of shown) {
      if (isStrong(d, spec) || (alpha === behind && !isSmoothed(d))) continue
      const group = spec.groups[d.line.group]
      ctx.strokeStyle = slotColour(p, group?.slot ?? NEUTRAL)
      ctx.setLineDash(DASHES[group?.dash ?? 0] as number[])
      ctx.beginPath()
      const [from, to] = visibleRange(d.series.x, x0, x1)
      const lone: number[] = []
      segments += trace(ctx, d.series, {
        from,
        to,
        x: sx,
        y: sy,
        values: values && isSmoothed(d) ? d.values : null,
        gaps: spec.gaps,
        dots: lone,
      })
      ctx.stroke()
      if (lone.length > 0) dots.push({ colour: slotColour(p, group?.slot ?? NEUTRAL), alpha, radius: DOT, at: lone })
      if (segments > SLICE_SEGMENTS) {
        segments = 0
        yield
      }
    }
  }
  if (shown.some(isSmoothed)) {
    yield* pass(false, behind)
    yield* pass(true, full)
  } else yield* pass(false, full)
  ctx.globalAlpha = 1
  ctx.setLineDash([])
}

/** `dots` receives lone points, to be drawn beyond the clip; without it they are drawn with the line. */
export function strongLine(ctx: CanvasRenderingContext2D, d: Drawn, { spec, box, sx, sy }: Scene, dots?: Dots[]): void {
  const p = palette()
  const group = spec.groups[d.line.group]
  const [from, to] = visibleRange(d.series.x, sx.domain[0], sx.domain[1])
  const path = new Path2D()
  const lone: number[] = []
  trace(path, d.series, {
    from,
    to,
    x: sx,
    y: sy,
    values: isSmoothed(d) ? d.values : null,
    gaps: spec.gaps,
    dots: lone,
  })
  ctx.lineJoin = 'round'
  ctx.setLineDash([])
  // Strokes from minimum to maximum are side by side: any wider, and they run into one filled shape.
  const dense = d.series.count !== null && !isSmoothed(d)
  // Where a run is pinned the others are faded: a halo, or more width, would turn many points into a block over them.
  const block = spec.focus !== null && (dense || to - from > box.width / 3)
  if (!block) {
    ctx.strokeStyle = p.bg
    ctx.lineWidth = dense ? 4 : 5
    ctx.stroke(path)
  }
  ctx.setLineDash(DASHES[group?.dash ?? 0] as number[])
  ctx.strokeStyle = group && group.slot !== NEUTRAL ? slotColour(p, group.slot) : p.accent
  ctx.lineWidth = dense || block ? 1.5 : 2.5
  ctx.stroke(path)
  ctx.setLineDash([])
  if (lone.length === 0) return
  const own: Dots = { colour: ctx.strokeStyle, alpha: 1, radius: STRONG_DOT, at: lone }
  if (dots) dots.push(own)
  else drawDots(ctx, box, [own])
}

/** Dots at the ends of what goes on, where the chart has few enough lines to tell them apart. */
export function drawLiveEnds(ctx: CanvasRenderingContext2D, scene: Scene): void {
  if (scene.drawn.length > LIVE_ENDS) return
  for (const d of scene.drawn) if (d.line.live) endDot(ctx, d, scene)
}

/** Rings where a later attempt of a run goes on, where the chart has few enough lines to tell them apart. */
export function drawResumed(ctx: CanvasRenderingContext2D, scene: Scene): void {
  if (scene.drawn.length > LIVE_ENDS) return
  const p = palette()
  const { spec, box, sx, sy } = scene
  ctx.lineWidth = 1.5
  ctx.fillStyle = p.bg
  for (const d of scene.drawn) {
    for (const at of d.series.resumed ?? []) {
      const i = lowerBound(d.series.x, at)
      const [x, y] = [toPixel(sx, at), toPixel(sy, d.values[i] ?? NaN)]
      if (!isInPlot(box, x, y)) continue
      ctx.strokeStyle = slotColour(p, spec.groups[d.line.group]?.slot ?? NEUTRAL)
      ctx.beginPath()
      ctx.arc(x, y, RING, 0, 2 * Math.PI)
      ctx.fill()
      ctx.stroke()
    }
  }
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

/** Adds a line through points to a path, broken where there is none; a point alone is a dot, which `dots` receives. */
export function plainPath(pen: Pen, x: Float64Array, y: Float64Array, sx: Scale, sy: Scale, dots?: number[]): void {
  let points = 0
  let px = 0
  let py = 0
  for (let i = 0; i <= x.length; i++) {
    const next = i < x.length ? toPixel(sy, y[i]!) : NaN
    if (!(next - next === 0)) {
      if (points === 1) {
        if (dots) dots.push(px, py)
        else addDot(pen, px, py, DOT)
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
