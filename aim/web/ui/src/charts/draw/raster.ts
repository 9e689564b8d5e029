// A picture of very many lines, made without the canvas: one device pixel wide, of vertical spans. Skia's paths cost what
// they cover; here a line costs what it has columns, however high they are.
//
// Pixels are stored column after column, so that a span is a run of memory. Lines of one opaque colour after another are painted
// in their order. Lines that are seen through, or all of one colour, are counted: a span adds layers at its top and takes
// them away below its bottom, and one pass over the pixels turns layers into colour. Then their order does not matter,
// and where several colours overlap each has its share.

import type { SpanRows } from '../data/spans'

/** Layers are counted in natural logarithms of what is still seen through them, in parts of 1/1024. */
const UNITS = 1024
/** Through this many e-folds nothing is seen: exp(-8) is a twelfth of one of 256 levels. */
const OPAQUE = 8 * UNITS
/** Levels of coverage of a pixel. */
const LEVELS = 256

/** Units of layers to the share of their colour, 0 to 256. */
const shares = new Uint16Array(OPAQUE + 1)
for (let n = 0; n <= OPAQUE; n++) shares[n] = Math.round(256 * (1 - Math.exp(-n / UNITS)))
shares[OPAQUE] = 256

/** `#rrggbb` or `#rgb` as a pixel of ImageData, which is little-endian on every machine that has browsers. */
export function toPixelColour(text: string): number {
  const hex = text.replace('#', '')
  const full = hex.length === 3 ? [...hex].map((c) => c + c).join('') : hex
  const n = parseInt(full, 16)
  return (0xff000000 | ((n & 0xff) << 16) | (n & 0xff00) | ((n >> 16) & 0xff)) >>> 0
}

/** `over` on `under`, with a share of 0 to 256. */
function mix(under: number, over: number, share: number): number {
  const rest = 256 - share
  const rb = (Math.imul(under & 0xff00ff, rest) + Math.imul(over & 0xff00ff, share)) >>> 8
  const g = (Math.imul((under >>> 8) & 0xff, rest) + Math.imul((over >>> 8) & 0xff, share)) & 0xff00
  return (0xff000000 | (rb & 0xff00ff) | g) >>> 0
}

/** The layers of lines of one colour. */
export class Layers {
  /** Per column the changes of the count from row to row, and two rows for what ends below the last. */
  readonly changes: Int32Array
  colour = 0
  private readonly stride: number
  /** Units of a pixel by its coverage. */
  private readonly units = new Int32Array(LEVELS + 1)

  constructor(
    width: number,
    private readonly height: number,
    memory: ArrayBuffer | null = null,
  ) {
    this.stride = height + 2
    const length = width * this.stride
    const bytes = Int32Array.BYTES_PER_ELEMENT * length
    // Memory that was used before is at hand; new memory is made by the system page by page.
    this.changes = new Int32Array(memory && memory.byteLength >= bytes ? memory : new ArrayBuffer(bytes), 0, length)
  }

  /** What the next layers of a picture of another size can use. */
  get memory(): ArrayBuffer {
    return this.changes.buffer as ArrayBuffer
  }

  /** Starts over, for lines of this colour and opacity, 0 to 1. */
  begin(colour: number, alpha: number): void {
    this.colour = colour
    this.changes.fill(0)
    for (let i = 0; i <= LEVELS; i++)
      this.units[i] = Math.round(Math.min(OPAQUE, -Math.log(1 - (alpha * i) / LEVELS) * UNITS))
  }

  /** Starts over, to count lines: `LEVELS` for each that covers a pixel. */
  beginCounts(colour: number): void {
    this.colour = colour
    this.changes.fill(0)
    for (let i = 0; i <= LEVELS; i++) this.units[i] = i
  }

  /** Counts the first `lines` lines of `spans`. */
  add({ width, tops, bottoms }: SpanRows, lines: number): void {
    const { changes, units, stride, height } = this
    const full = units[LEVELS]!
    // Column after column: lines run across all of them, and the layers of a whole plot are more than the cache holds.
    for (let c0 = 0; c0 < width; c0 += NEAR) {
      const c1 = c0 + NEAR < width ? c0 + NEAR : width
      for (let line = 0; line < lines; line++) {
        for (let c = c0, i = line * width + c0; c < c1; c++, i++) {
          let bottom = bottoms[i]!
          // Nothing is here, or it ends above the plot.
          if (bottom <= 0) continue
          let top = tops[i]!
          if (top >= height) continue
          if (top < 0) top = 0
          if (bottom > height) bottom = height
          const first = top | 0
          const last = bottom | 0
          const at = c * stride + first
          if (first === last) {
            const u = units[((bottom - top) * LEVELS) | 0]!
            changes[at] = changes[at]! + u
            changes[at + 1] = changes[at + 1]! - u
            continue
          }
          const head = units[((first + 1 - top) * LEVELS) | 0]!
          const tail = units[((bottom - last) * LEVELS) | 0]!
          const end = c * stride + last
          changes[at] = changes[at]! + head
          changes[at + 1] = changes[at + 1]! + full - head
          changes[end] = changes[end]! + tail - full
          changes[end + 1] = changes[end + 1]! - tail
        }
      }
    }
  }
}

/** The colours of layers in their parts. */
function partsOf(layers: readonly Layers[]) {
  return {
    reds: layers.map(({ colour }) => colour & 0xff),
    greens: layers.map(({ colour }) => (colour >>> 8) & 0xff),
    blues: layers.map(({ colour }) => (colour >>> 16) & 0xff),
  }
}

/** How much is seen of one line alone, in a picture of shades. */
const LEAST_SHADE = 0.12

/** Columns that are counted together: their spans are in the same cache lines. */
const NEAR = 8

/** Side of the squares in which pixels change places. */
const BLOCK = 16
/** Longer runs are filled by the engine. */
const FILL = 32

/** The plot of one chart, in device pixels. */
export class Raster {
  /** Pixels as ImageData has them, but column after column. */
  readonly pixels: Uint32Array

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint32Array(width * height)
  }

  clear(colour: number): void {
    this.pixels.fill(colour)
  }

  /** A horizontal line over the whole width, from `top` to `bottom`. */
  rule(top: number, bottom: number, colour: number): void {
    for (let c = 0; c < this.width; c++) this.span(c, top, bottom, colour)
  }

  /** Paints one of the lines of `spans` over what is there. */
  paint({ width, tops, bottoms }: SpanRows, line: number, colour: number): void {
    const base = line * width
    for (let c = 0; c < width; c++)
      if (bottoms[base + c]! > 0) this.span(c, tops[base + c]!, bottoms[base + c]!, colour)
  }

  private span(column: number, top: number, bottom: number, colour: number): void {
    const { height, pixels } = this
    if (top < 0) top = 0
    if (bottom > height) bottom = height
    if (!(bottom > top)) return
    const first = top | 0
    const last = bottom | 0
    const at = column * height + first
    if (first === last) {
      pixels[at] = mix(pixels[at]!, colour, ((bottom - top) * 256) | 0)
      return
    }
    const head = first + 1 - top
    pixels[at] = head === 1 ? colour : mix(pixels[at]!, colour, (head * 256) | 0)
    const end = column * height + last
    if (end - at > FILL) pixels.fill(colour, at + 1, end)
    else for (let i = at + 1; i < end; i++) pixels[i] = colour
    const tail = ((bottom - last) * 256) | 0
    if (tail > 0) pixels[end] = mix(pixels[end]!, colour, tail)
  }

  /** Lays counted lines over the picture, in columns `from` to `to`. Over each other, colours have the shares of their layers. */
  lay(layers: readonly Layers[], from: number, to: number): void {
    if (layers.length === 1) this.layOne(layers[0]!, from, to)
    else if (layers.length > 1) this.layAll(layers, from, to)
  }

  private layOne({ changes, colour }: Layers, from: number, to: number): void {
    const { height, pixels } = this
    const stride = height + 2
    for (let c = from; c < to; c++) {
      let n = 0
      let at = c * stride
      const end = (c + 1) * height
      for (let i = c * height; i < end; i++) {
        n += changes[at++]!
        if (n <= 0) continue
        pixels[i] = n >= OPAQUE ? colour : mix(pixels[i]!, colour, shares[n]!)
      }
    }
  }

  private layAll(layers: readonly Layers[], from: number, to: number): void {
    const { height, pixels } = this
    const stride = height + 2
    const { reds, greens, blues } = partsOf(layers)
    for (let c = from; c < to; c++) {
      let n = 0
      let r = 0
      let g = 0
      let b = 0
      let isSame = false
      let colour = 0
      for (let row = 0; row < height; row++) {
        const at = c * stride + row
        for (let k = 0; k < layers.length; k++) {
          const u = layers[k]!.changes[at]!
          if (u === 0) continue
          isSame = false
          n += u
          r += u * reds[k]!
          g += u * greens[k]!
          b += u * blues[k]!
        }
        if (n <= 0) continue
        if (!isSame) {
          isSame = true
          colour = (0xff000000 | (Math.round(b / n) << 16) | (Math.round(g / n) << 8) | Math.round(r / n)) >>> 0
        }
        const i = c * height + row
        pixels[i] = n >= OPAQUE ? colour : mix(pixels[i]!, colour, shares[n]!)
      }
    }
  }

  /** The most lines over one pixel in columns `from` to `to`, times `LEVELS`. */
  densest(layers: readonly Layers[], from: number, to: number): number {
    const { height } = this
    const stride = height + 2
    let most = 0
    for (let c = from; c < to; c++) {
      let n = 0
      for (let at = c * stride; at < c * stride + height; at++) {
        for (let k = 0; k < layers.length; k++) n += layers[k]!.changes[at]!
        if (n > most) most = n
      }
    }
    return most
  }

  /**
   * Lays counted lines over the picture as shades: the logarithm of how many cover a pixel, so that one line is seen beside
   * thousands. One colour goes on to `strong` where lines are densest; of several each has its share.
   */
  layDensity(layers: readonly Layers[], from: number, to: number, most: number, strong: number, alpha: number): void {
    const { height, pixels } = this
    const stride = height + 2
    const { reds, greens, blues } = partsOf(layers)
    const whole = Math.log1p(most / LEVELS)
    for (let c = from; c < to; c++) {
      let n = 0
      let r = 0
      let g = 0
      let b = 0
      let isSame = false
      let colour = 0
      let share = 0
      for (let row = 0; row < height; row++) {
        const at = c * stride + row
        for (let k = 0; k < layers.length; k++) {
          const u = layers[k]!.changes[at]!
          if (u === 0) continue
          isSame = false
          n += u
          r += u * reds[k]!
          g += u * greens[k]!
          b += u * blues[k]!
        }
        if (n <= 0) continue
        if (!isSame) {
          isSame = true
          colour = (0xff000000 | (Math.round(b / n) << 16) | (Math.round(g / n) << 8) | Math.round(r / n)) >>> 0
          const level = Math.log1p(n / LEVELS) / whole
          if (layers.length === 1) colour = mix(colour, strong, Math.round(256 * level * level))
          // What is there at all is seen: a tenth for a whole line.
          const floor = LEAST_SHADE * Math.min(1, n / LEVELS)
          share = Math.round(256 * alpha * (floor + (1 - LEAST_SHADE) * level))
        }
        const i = c * height + row
        pixels[i] = mix(pixels[i]!, colour, share)
      }
    }
  }

  /** Writes the picture row after row, as ImageData wants it: columns `from` to `to`. */
  copyTo(rows: Uint32Array, from = 0, to = this.width): void {
    const { width, height, pixels } = this
    // In blocks, so that neither side walks over more memory than is near.
    for (let c0 = from; c0 < to; c0 += BLOCK) {
      const c1 = Math.min(to, c0 + BLOCK)
      for (let r0 = 0; r0 < height; r0 += BLOCK) {
        const r1 = Math.min(height, r0 + BLOCK)
        for (let c = c0; c < c1; c++) {
          const column = c * height
          for (let r = r0, at = r0 * width + c; r < r1; r++, at += width) rows[at] = pixels[column + r]!
        }
      }
    }
  }
}
