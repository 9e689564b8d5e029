// The lines of a chart that has many, drawn into a raster in steps; the canvas gets the finished picture.

import { yTicks, type Box } from '../layout/axis'
import { addDot, DOT, trace, type Gaps } from '../data/lod'
import { DASHES, slotColour, type Palette } from '../../base/palette'
import { Layers, Raster, toPixelColour } from './raster'
import { toPixel, type Scale } from '../data/scales'
import { visibleRange, type Series } from '../../base/series'
import { coverColumns, dashColumns, NO_SPAN, PathBuffer, type SpanRows } from '../data/spans'

export interface RasterLine {
  readonly series: Series
  readonly values: Float64Array
  readonly slot: number
  readonly dash: number
}

/** The slot of shades that are of no group. */
export const ACCENT = -2

/** Lines drawn one after the other with one opacity. */
export interface RasterPass {
  readonly lines: readonly RasterLine[]
  readonly alpha: number
  /** Shades by how many lines there are, not the lines. */
  readonly isDensity?: boolean
  /** Draw the values of the lines, smoothed, instead of their points. */
  readonly values: boolean
}

/** Segments between two looks at the clock. */
const STEP_SEGMENTS = 10_000
/** Columns by which the dashes of each line begin further on, so that the gaps of many do not make stripes. */
const DASH_SHIFT = 5
/** Pixels turned into colour between two looks at the clock. */
const STEP_PIXELS = 200_000

/** Lines whose spans are made before they are counted, so that columns are gone through once for all of them. */
const ROWS = 32

class Rows implements SpanRows {
  readonly tops: Float32Array
  readonly bottoms: Float32Array
  /** Lines that are there. */
  lines = 0

  constructor(readonly width: number) {
    this.tops = new Float32Array(ROWS * width)
    this.bottoms = new Float32Array(ROWS * width)
  }

  clear(lines = ROWS): void {
    this.bottoms.fill(NO_SPAN, 0, lines * this.width)
    this.lines = 0
  }
}

/** The memory of one chart's pictures, kept from one to the next. */
export class RasterKit {
  private raster: Raster | null = null
  private image: ImageData | null = null
  private layers: Layers[] = []
  /** Of the layers of the size before. */
  private memory: ArrayBuffer[] = []
  private rows: Rows[] = []
  readonly path = new PathBuffer()
  /** Lone points of the line that is drawn. */
  readonly dots: number[] = []

  fit(width: number, height: number): Raster {
    if (this.raster?.width !== width || this.raster.height !== height) {
      this.raster = new Raster(width, height)
      this.image = new ImageData(width, height)
      this.memory = this.layers.map((l) => l.memory)
      this.layers = []
      this.rows = []
    }
    return this.raster
  }

  layer(index: number): Layers {
    const { width, height } = this.raster!
    return (this.layers[index] ??= new Layers(width, height, this.memory.pop() ?? null))
  }

  /** Empty spans for lines of the `index`-th colour. */
  spans(index: number): Rows {
    const rows = (this.rows[index] ??= new Rows(this.raster!.width))
    rows.clear()
    return rows
  }

  get picture(): ImageData {
    return this.image!
  }
}

/** The device pixels of a plot. */
export function plotPixels(box: Box, ratio: number): { left: number; top: number; width: number; height: number } {
  const left = Math.round(box.left * ratio)
  const top = Math.round(box.top * ratio)
  return {
    left,
    top,
    width: Math.max(1, Math.round((box.left + box.width) * ratio) - left),
    height: Math.max(1, Math.round((box.top + box.height) * ratio) - top),
  }
}

function scaled(scale: Scale, ratio: number): Scale {
  return { ...scale, a: scale.a * ratio, b: scale.b * ratio, range: [scale.range[0] * ratio, scale.range[1] * ratio] }
}

/** Draws grid and lines of a plot; the picture is in the kit afterwards. */
export function* rasterSteps(
  kit: RasterKit,
  passes: readonly RasterPass[],
  box: Box,
  ratio: number,
  scaleX: Scale,
  scaleY: Scale,
  gaps: Gaps,
  p: Palette,
): Generator<void> {
  const { left, top, width, height } = plotPixels(box, ratio)
  const raster = kit.fit(width, height)
  raster.clear(toPixelColour(p.bg))
  for (const v of yTicks(scaleY, box.height).at) {
    const y = Math.round(toPixel(scaleY, v)) * ratio - top
    raster.rule(y, y + ratio, toPixelColour(v === 0 ? p.line : p.grid))
  }
  const x = scaled(scaleX, ratio)
  const y = scaled(scaleY, ratio)
  const [x0, x1] = scaleX.domain
  const dashes = DASHES.map((d) => dashColumns(d, ratio))
  const columns = Math.max(1, Math.floor(STEP_PIXELS / height))
  for (const { lines, alpha, values, isDensity = false } of passes) {
    const slots = [...new Set(lines.map((l) => l.slot))]
    const counted = isDensity || alpha < 1 || slots.length === 1
    const layers: Layers[] = []
    const rows = slots.map((_, i) => kit.spans(i))
    if (counted) {
      for (const [i, slot] of slots.entries()) {
        layers.push(kit.layer(i))
        const colour = toPixelColour(slot === ACCENT ? p.accent : slotColour(p, slot))
        if (isDensity) layers[i]!.beginCounts(colour)
        else layers[i]!.begin(colour, alpha)
      }
    }
    let segments = 0
    for (const [n, line] of lines.entries()) {
      const k = slots.indexOf(line.slot)
      const own = rows[k]!
      const [from, to] = visibleRange(line.series.x, x0, x1)
      kit.path.length = 0
      const { dots } = kit
      dots.length = 0
      segments += trace(kit.path, line.series, {
        from,
        to,
        x,
        y,
        values: values && line.values !== line.series.last ? line.values : null,
        gaps,
        ratio,
        dots,
      })
      coverColumns(kit.path, own, own.lines, left, top, dashes[line.dash]!, n * DASH_SHIFT)
      if (dots.length > 0) {
        // Without dashes, and whole even where the point is on an edge of the plot.
        kit.path.length = 0
        const r = DOT * ratio
        for (let i = 0; i < dots.length; i += 2)
          if (dots[i]! > left - r && dots[i]! < left + width + r)
            addDot(kit.path, Math.min(left + width - r, Math.max(left + r, dots[i]!)), dots[i + 1]!, r)
        coverColumns(kit.path, own, own.lines, left, top, null)
      }
      own.lines++
      if (!counted) {
        raster.paint(own, 0, toPixelColour(slotColour(p, line.slot)))
        own.clear(1)
      } else if (own.lines === ROWS) {
        layers[k]!.add(own, ROWS)
        own.clear()
      }
      if (segments > STEP_SEGMENTS) {
        segments = 0
        yield
      }
    }
    for (let k = 0; k < layers.length; k++) layers[k]!.add(rows[k]!, rows[k]!.lines)
    let most = 0
    for (let c = 0; c < width && isDensity; c += columns) {
      most = Math.max(most, raster.densest(layers, c, Math.min(width, c + columns)))
      yield
    }
    for (let c = 0; c < width && layers.length > 0; c += columns) {
      const to = Math.min(width, c + columns)
      if (isDensity) raster.layDensity(layers, c, to, most, toPixelColour(p.text), alpha)
      else raster.lay(layers, c, to)
      yield
    }
  }
  const out = new Uint32Array(kit.picture.data.buffer)
  for (let c = 0; c < width; c += columns) {
    raster.copyTo(out, c, Math.min(width, c + columns))
    yield
  }
}
