// Groups of lines as one line and a band each.

import { formatCount } from '../../base/format'
import { aggregateSteps, type Aggregate, type Edges, type Member } from '../data/aggregate'
import type { Box } from '../layout/axis'
import { DOT, type Pen } from '../data/lod'
import type { ChartGroup, ChartSpec, Drawn, GroupLine, Scene } from '../layout/model'
import { DASHES, palette, slotColour } from '../../base/palette'
import { toPixel, type Scale } from '../data/scales'
import { plainPath, strongLine, type Dots } from './strokes'

export function* makeGroups(
  spec: ChartSpec,
  shown: readonly Drawn[],
  box: Box,
  sx: Scale,
  banded: boolean,
): Generator<void, GroupLine[]> {
  const out: GroupLine[] = []
  const how = spec.aggregate ?? { line: 'mean' as const, band: 'min-max' as const }
  const merge = banded && spec.groups.length > 40
  const members = new Map<number, Drawn[]>()
  for (const d of shown) {
    const key = merge ? 0 : d.line.group
    const list = members.get(key)
    if (list) list.push(d)
    else members.set(key, [d])
  }
  const columns = shown.length > 3000 ? box.width / 3 : box.width / 1.5
  for (const [index, list] of members) {
    const all = `${formatCount(list.length)} sequences`
    const group: ChartGroup = merge
      ? { key: 'all', label: all, title: all, slot: 0, dash: 0, rank: 0 }
      : spec.groups[index]!
    const asMembers: Member[] = list.map((d) => ({ series: d.series, values: d.values }))
    out.push({
      group,
      data: yield* aggregateSteps(asMembers, sx, columns, {
        ...how,
        onlyAll: spec.onlyAll && !banded,
        gaps: spec.gaps,
      }),
      members: list,
    })
  }
  return out
}

/** What is filled, and how opaque. Raw extremes are lines, on the hovered group: two areas a group cannot be told apart. */
export function areas({ lo, hi }: Aggregate): (readonly [Edges, number])[] {
  return lo && hi ? [[{ lo, hi }, 0.15]] : []
}

/** Half the width of what is one column alone, in pixels: an area without width would not be seen. */
const ALONE = 2

/** Adds the area between two edges to a path, in as many pieces as it has. */
export function traceBand(pen: Pen, x: Float64Array, { lo, hi }: Edges, sx: Scale, sy: Scale): void {
  // What a log axis cannot show is below the plot.
  const bottom = Math.max(sy.range[0], sy.range[1]) + 4
  const isHere = (i: number) => i < x.length && lo[i]! - lo[i]! === 0 && Number.isFinite(toPixel(sy, hi[i]!))
  let start = -1
  for (let i = 0; i <= x.length; i++) {
    if (isHere(i)) {
      if (start < 0) start = i
      continue
    }
    if (start < 0) continue
    const low = (k: number) => {
      const y = toPixel(sy, lo[k]!)
      return Number.isFinite(y) ? y : bottom
    }
    if (i === start + 1) {
      const at = toPixel(sx, x[start]!)
      const top = toPixel(sy, hi[start]!)
      pen.moveTo(at - ALONE, top)
      pen.lineTo(at + ALONE, top)
      pen.lineTo(at + ALONE, low(start))
      pen.lineTo(at - ALONE, low(start))
    } else {
      pen.moveTo(toPixel(sx, x[start]!), toPixel(sy, hi[start]!))
      for (let k = start + 1; k < i; k++) pen.lineTo(toPixel(sx, x[k]!), toPixel(sy, hi[k]!))
      for (let k = i - 1; k >= start; k--) pen.lineTo(toPixel(sx, x[k]!), low(k))
    }
    start = -1
  }
}

export function drawGroups(ctx: CanvasRenderingContext2D, scene: Scene, dots: Dots[]): void {
  const { spec, sx, sy, groupLines } = scene
  const p = palette()
  ctx.setLineDash([])
  for (const { group, data } of groupLines) {
    ctx.fillStyle = slotColour(p, group.slot)
    for (const [edges, alpha] of areas(data)) {
      ctx.globalAlpha = alpha
      ctx.beginPath()
      traceBand(ctx, data.x, edges, sx, sy)
      ctx.fill()
    }
  }
  ctx.globalAlpha = spec.focus !== null ? 0.4 : 1
  for (const g of groupLines) groupLine(ctx, g, scene, dots)
  ctx.globalAlpha = 1
  ctx.setLineDash([])
  for (const d of scene.drawn)
    if (d.line.run === spec.focus || spec.selected.has(d.line.run)) strongLine(ctx, d, scene, dots)
}

/** Where members are missing, the line is thin and dashed: it may move because they are gone. */
const PARTIAL = { width: 1, dash: [4, 3] }
/** Of a line that few values make, beside it. */
const THIN_ALPHA = 0.6

/** The line of a group; where two values make it, they are there as thin lines too. */
export function groupLine(ctx: CanvasRenderingContext2D, { group, data }: GroupLine, scene: Scene, dots: Dots[]): void {
  const { sx, sy } = scene
  const colour = slotColour(palette(), group.slot)
  const alpha = ctx.globalAlpha
  ctx.strokeStyle = colour
  ctx.lineJoin = 'round'
  const lone: number[] = []
  for (const isWhole of [true, false]) {
    ctx.setLineDash(isWhole ? (DASHES[group.dash] as number[]) : PARTIAL.dash)
    ctx.lineWidth = isWhole ? 1.75 : PARTIAL.width
    ctx.beginPath()
    groupPath(ctx, data, sx, sy, isWhole, lone)
    ctx.stroke()
  }
  ctx.setLineDash([])
  if (lone.length > 0) dots.push({ colour, alpha, radius: DOT, at: lone })
  if (data.pair) edgeLines(ctx, data.x, data.pair, scene, [])
}

/** Both edges as thin lines. */
export function edgeLines(
  ctx: CanvasRenderingContext2D,
  x: Float64Array,
  { lo, hi }: Edges,
  { sx, sy }: Scene,
  dash: number[],
): void {
  const alpha = ctx.globalAlpha
  ctx.globalAlpha = alpha * THIN_ALPHA
  ctx.lineWidth = 1
  ctx.setLineDash(dash)
  ctx.beginPath()
  plainPath(ctx, x, lo, sx, sy)
  plainPath(ctx, x, hi, sx, sy)
  ctx.stroke()
  ctx.setLineDash([])
  ctx.globalAlpha = alpha
}

/** The parts of a group's line where all members have a value at both ends, or the others; `lone` gets points without either. */
export function groupPath(
  pen: Pen,
  { x, line, n, members }: Aggregate,
  sx: Scale,
  sy: Scale,
  isWhole: boolean,
  lone: number[],
): void {
  const isHere = (i: number) => i >= 0 && i < x.length && Number.isFinite(toPixel(sy, line[i]!))
  let isDown = false
  for (let i = 0; i < x.length; i++) {
    if (!isHere(i)) {
      isDown = false
      continue
    }
    const px = toPixel(sx, x[i]!)
    const py = toPixel(sy, line[i]!)
    if (isWhole && !isHere(i - 1) && !isHere(i + 1)) lone.push(px, py)
    const isOurs = isHere(i - 1) && (n[i - 1] === members && n[i] === members) === isWhole
    if (!isOurs) {
      pen.moveTo(px, py)
      isDown = true
      continue
    }
    if (!isDown) pen.moveTo(toPixel(sx, x[i - 1]!), toPixel(sy, line[i - 1]!))
    pen.lineTo(px, py)
    isDown = true
  }
}
