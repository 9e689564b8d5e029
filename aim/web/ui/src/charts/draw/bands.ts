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
    out.push({ group, data: yield* aggregateSteps(asMembers, sx, columns, how.line, how.band), members: list })
  }
  return out
}

/** What is filled, back to front, and how opaque: raw extremes behind the band, as raw lines are behind smoothed ones. */
export function areas({ lo, hi, envelope }: Aggregate): (readonly [Edges, number])[] {
  return [...(envelope ? [[envelope, 0.18] as const] : []), ...(lo && hi ? [[{ lo, hi }, 0.15] as const] : [])]
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
  for (const { group, data } of groupLines) {
    ctx.strokeStyle = slotColour(p, group.slot)
    ctx.setLineDash(DASHES[group.dash] as number[])
    ctx.lineWidth = 1.75
    ctx.lineJoin = 'round'
    ctx.beginPath()
    const lone: number[] = []
    plainPath(ctx, data.x, data.line, sx, sy, lone)
    ctx.stroke()
    if (lone.length > 0) dots.push({ colour: slotColour(p, group.slot), alpha: ctx.globalAlpha, radius: DOT, at: lone })
  }
  ctx.globalAlpha = 1
  ctx.setLineDash([])
  for (const d of scene.drawn)
    if (d.line.run === spec.focus || spec.selected.has(d.line.run)) strongLine(ctx, d, scene, dots)
}
