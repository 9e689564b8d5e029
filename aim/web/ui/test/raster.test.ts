import { describe, expect, it } from 'vitest'
import { trace } from '../src/charts/data/lod'
import { Layers, Raster, toPixelColour } from '../src/charts/draw/raster'
import { makeScale, toPixel } from '../src/charts/data/scales'
import type { Series } from '../src/base/series'
import { coverColumns, dashColumns, NO_SPAN, PathBuffer } from '../src/charts/data/spans'
import { series } from './helpers'

const WHITE = toPixelColour('#ffffff')
const BLACK = toPixelColour('#000000')
const W = 300
const H = 200
const LEFT = 20
const TOP = 10

function spansOf(path: PathBuffer, dash: Uint8Array | null = null) {
  const spans = { width: W, tops: new Float32Array(W), bottoms: new Float32Array(W).fill(NO_SPAN) }
  coverColumns(path, spans, 0, LEFT, TOP, dash)
  return spans
}

function pathOf(s: Series, x0: number, x1: number, y0: number, y1: number) {
  const path = new PathBuffer()
  const x = makeScale('linear', [x0, x1], [LEFT, LEFT + W])
  const y = makeScale('linear', [y0, y1], [TOP + H, TOP])
  trace(path, s, { from: 0, to: s.x.length, x, y })
  return { path, x, y }
}

/** The darkness of each pixel, 0 to 255, drawn opaque and drawn as a layer. */
function draw(
  path: PathBuffer,
  alpha = 1,
  dash: Uint8Array | null = null,
): { painted: Uint8Array; layered: Uint8Array } {
  const spans = spansOf(path, dash)
  const painted = new Raster(W, H)
  painted.clear(WHITE)
  painted.paint(spans, 0, BLACK)
  const layered = new Raster(W, H)
  layered.clear(WHITE)
  const layers = new Layers(W, H)
  layers.begin(BLACK, alpha)
  layers.add(spans, 1)
  layered.lay([layers], 0, W)
  return { painted: darkness(painted), layered: darkness(layered) }
}

function darkness(raster: Raster): Uint8Array {
  const rows = new Uint32Array(W * H)
  raster.copyTo(rows)
  return Uint8Array.from(rows, (p) => 255 - (p & 0xff))
}

const points = (xs: [number, number][], moves: number[] = [0]) => {
  const path = new PathBuffer()
  xs.forEach(([x, y], i) => (moves.includes(i) ? path.moveTo(x + LEFT, y + TOP) : path.lineTo(x + LEFT, y + TOP)))
  return path
}

describe('raster', () => {
  it('shows the extremes of every column, whatever the data', () => {
    for (let round = 0; round < 20; round++) {
      const n = 50 + Math.floor(Math.random() * 3000)
      const y = Array.from(
        { length: n },
        (_, i) => Math.sin(i / 40) + (Math.random() < 0.004 ? (Math.random() - 0.5) * 30 : Math.random() * 0.2),
      )
      const s = series(
        Array.from({ length: n }, (_, i) => i),
        y,
      )
      const { path, x, y: sy } = pathOf(s, 0, n - 1, -18, 18)
      for (const pixels of Object.values(draw(path))) {
        let lost = 0
        for (let i = 0; i < n; i++) {
          const c = Math.min(W - 1, Math.floor(toPixel(x, i) - LEFT))
          const r = Math.floor(toPixel(sy, y[i]!) - TOP)
          if (pixels[r * W + c]! < 127) lost++
        }
        expect(lost).toBe(0)
      }
    }
  })

  it('joins every column to the next: steep lines have no holes', () => {
    for (const rise of [0, 0.3, 1, 7.3, 90.1]) {
      const { painted } = draw(
        points([
          [0.2, 5.1],
          [10.7, 5.1 + rise],
          [12.1, 150],
          [250.4, 3.3],
          [299.9, 190.2],
        ]),
      )
      let before: [number, number] | null = null
      for (let c = 0; c < W; c++) {
        let top = -1
        let bottom = -1
        for (let r = 0; r < H; r++) {
          if (painted[r * W + c]! === 0) continue
          if (top < 0) top = r
          bottom = r
          if (r > top) expect(painted[(r - 1) * W + c]).toBeGreaterThan(0)
        }
        expect(top).toBeGreaterThanOrEqual(0)
        if (before) expect(top <= before[1] + 1 && bottom >= before[0] - 1).toBe(true)
        before = [top, bottom]
      }
    }
  })

  it('breaks the line at what is not finite', () => {
    const y = Array.from({ length: 31 }, (_, i) => (i === 15 ? NaN : 1))
    const { path } = pathOf(
      series(
        Array.from({ length: 31 }, (_, i) => i),
        y,
      ),
      0,
      30,
      0,
      2,
    )
    const { painted } = draw(path)
    const drawn = (c: number) => Array.from({ length: H }, (_, r) => painted[r * W + c]!).some((v) => v > 0)
    expect([drawn(135), drawn(145), drawn(150), drawn(155), drawn(165)]).toEqual([true, false, false, false, true])
  })

  it('draws a level line as one crisp pixel', () => {
    const { painted, layered } = draw(
      points([
        [0, 77.3],
        [120, 77.3],
        [299, 77.3],
      ]),
    )
    for (const pixels of [painted, layered])
      for (let c = 0; c < 299; c++) {
        expect(pixels[77 * W + c]).toBe(255)
        expect(pixels[76 * W + c]! + pixels[78 * W + c]!).toBe(0)
      }
  })

  it('covers what a stroke of that width covers', () => {
    // The reference: the share of 8 x 8 samples of a pixel that are nearer than half a pixel to the line.
    const ends: [number, number][] = [
      [10, 30],
      [140, 80],
      [200, 60],
      [290, 170],
    ]
    const { painted } = draw(points(ends))
    for (let c = 20; c < 280; c += 7) {
      let ours = 0
      let theirs = 0
      for (let r = 0; r < H; r++) {
        ours += painted[r * W + c]! / 255
        let hits = 0
        for (let i = 0; i < 64; i++) {
          const px = c + ((i % 8) + 0.5) / 8
          const py = r + ((i >> 3) + 0.5) / 8
          hits += Number(ends.some((a, k) => k > 0 && distance(px, py, ends[k - 1]!, a) < 0.5))
        }
        theirs += hits / 64
      }
      expect(Math.abs(ours - theirs)).toBeLessThan(0.15)
    }
  })

  it('lays layers over each other as one after the other would be', () => {
    const path = points([
      [0, 50.5],
      [299, 50.5],
    ])
    const spans = spansOf(path)
    const raster = new Raster(W, H)
    raster.clear(WHITE)
    const layers = new Layers(W, H)
    layers.begin(BLACK, 0.18)
    for (let n = 0; n < 3; n++) layers.add(spans, 1)
    raster.lay([layers], 0, W)
    expect(darkness(raster)[50 * W + 100]! / 255).toBeCloseTo(1 - 0.82 ** 3, 1)
    expect(darkness(raster)[48 * W + 100]).toBe(0)
  })

  it('shades by how many lines there are: one is seen, and more are darker', () => {
    const raster = new Raster(W, H)
    raster.clear(WHITE)
    const layers = new Layers(W, H)
    layers.beginCounts(BLACK)
    for (const [y, lines] of [
      [20.5, 1],
      [40.5, 10],
      [60.5, 3000],
    ] as const) {
      const spans = spansOf(
        points([
          [0, y],
          [299, y],
        ]),
      )
      for (let n = 0; n < lines; n++) layers.add(spans, 1)
    }
    const most = raster.densest([layers], 0, W)
    expect(most / 256).toBe(3000)
    raster.layDensity([layers], 0, W, most, BLACK, 1)
    const [one, ten, all, none] = [20, 40, 60, 80].map((row) => darkness(raster)[row * W + 100]!)
    expect(none).toBe(0)
    expect(one).toBeGreaterThan(30)
    expect(ten).toBeGreaterThan(one! + 30)
    expect(all).toBeGreaterThan(250)
  })

  it('mixes colours that lie over each other by their layers, in any order', () => {
    const spans = spansOf(
      points([
        [0, 50.5],
        [299, 50.5],
      ]),
    )
    const make = (colours: string[]) => {
      const raster = new Raster(W, H)
      raster.clear(WHITE)
      raster.lay(
        colours.map((c) => {
          const layers = new Layers(W, H)
          layers.begin(toPixelColour(c), 0.9)
          for (let i = 0; i < 9; i++) layers.add(spans, 1)
          return layers
        }),
        0,
        W,
      )
      const rows = new Uint32Array(W * H)
      raster.copyTo(rows)
      return rows[50 * W + 9]!
    }
    expect(make(['#ff0000', '#0000ff'])).toBe(make(['#0000ff', '#ff0000']))
    expect(make(['#ff0000', '#0000ff']) & 0xff).toBeCloseTo(128, -1)
  })

  it('leaves gaps for dashes, but not for spikes', () => {
    const dash = dashColumns([6, 3], 1)
    const { painted } = draw(
      points([
        [0, 50.5],
        [100.2, 50.5],
        [100.4, 20],
        [100.6, 50.5],
        [299, 50.5],
      ]),
      1,
      dash,
    )
    const row = Array.from({ length: 27 }, (_, c) => (painted[50 * W + c]! > 0 ? '#' : '.')).join('')
    expect(row).toBe('######...######...######...')
    for (let r = 20; r < 50; r++) expect(painted[r * W + 100]).toBe(255)
  })

  it('keeps to the plot', () => {
    const { painted, layered } = draw(
      points([
        [-500, -1e5],
        [150, 1e5],
        [150.5, -1e5],
        [900, 60],
      ]),
    )
    expect(painted.some((v) => v > 0)).toBe(true)
    expect(layered.some((v) => v > 0)).toBe(true)
  })
})

function distance(x: number, y: number, [ax, ay]: [number, number], [bx, by]: [number, number]): number {
  const t = Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)))
  return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay))
}
