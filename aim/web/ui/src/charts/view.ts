// One chart: two stacked canvases, no React inside. The base holds grid, bands and lines and is drawn on data, zoom, size
// or theme; the overlay holds crosshair, hovered line and dots and is drawn per frame. Hover never touches the base.

import { formatCount, formatNumber } from '../ui/format'
import { aggregateSteps, type Aggregate, type BandKind, type LineKind, type Member } from './aggregate'
import { drawAxes, xText, yTicks, type Box, type XAxis } from './axis'
import { plotPixels, RasterKit, rasterSteps, type RasterLine, type RasterPass } from './baseRaster'
import { clippedSteps, extentSteps, lowestOf, shownRange, STEP_POINTS, type Extent, type Outliers } from './extent'
import { clearHover, hoverStore, inFrame, setHover } from './hover'
import { trace } from './lod'
import { nearestIndex, nearestLines, valueAt, type Near } from './nearest'
import { DASHES, NEUTRAL, palette, slotColour } from './palette'
import { makeScale, padDomain, toPixel, toValue, zoomDomain, type Scale, type ScaleKind } from './scales'
import { visibleRange, type Series } from './series'
import { smoothEma } from './smooth'
import { toSvgText } from './svg'
import { hideTip, prepareTip, showTip, type TipRow } from './tooltip'

export interface ChartLine {
  readonly key: string
  readonly run: string
  readonly label: string
  /** Name and context, for the tooltip. */
  readonly metric: string
  readonly group: number
  readonly live: boolean
  readonly series: Series
}

export interface ChartGroup {
  readonly key: string
  readonly label: string
  readonly slot: number
  readonly dash: number
}

export interface ChartSpec {
  readonly lines: readonly ChartLine[]
  readonly groups: readonly ChartGroup[]
  readonly xAxis: XAxis
  readonly xKind: ScaleKind
  readonly yKind: ScaleKind
  readonly xDomain: readonly [number, number]
  readonly yFixed: readonly [number, number] | null
  readonly outliers: Outliers
  readonly smoothing: number
  readonly aggregate: { readonly line: LineKind; readonly band: BandKind } | null
  readonly gaps: boolean
  readonly hiddenGroups: ReadonlySet<string>
  readonly hiddenLines: ReadonlySet<string>
  readonly focus: string | null
  readonly selected: ReadonlySet<string>
  readonly refining: boolean
  readonly drawAll: boolean
}

export interface ChartNotes {
  readonly resolution: string
  readonly notPositive: string
  readonly clipped: number
  readonly bands: number
  readonly nonfinite: number
  readonly summary: string
}

export interface ChartEvents {
  onZoom(x: [number, number], y: [number, number] | null): void
  onZoomBack(): void
  onZoomReset(): void
  onPin(run: string | null): void
  onSelect(run: string): void
  onLog(): void
  onExpand(): void
  onNotes(notes: ChartNotes): void
}

interface Drawn {
  readonly line: ChartLine
  readonly series: Series
  readonly values: Float64Array
}

interface GroupLine {
  readonly group: ChartGroup
  readonly data: Aggregate
  readonly members: readonly Drawn[]
}

/** A picture: what was drawn, and where. Hover reads the one that is shown, while the next is made. */
interface Scene {
  readonly spec: ChartSpec
  readonly box: Box
  readonly sx: Scale
  readonly sy: Scale
  readonly drawn: readonly Drawn[]
  readonly groupLines: readonly GroupLine[]
  readonly banded: boolean
}

const MARGIN = { left: 46, right: 16, top: 6, bottom: 24 }
/** How far from a line, in pixels, the pointer still hovers it. */
const REACH = 24
/** Above this many lines, base lines are one device pixel wide and drawn by the raster: without a GPU paths cost many times more. */
const MANY = 50
/** Above this many sequences, groups are drawn as bands. */
const BANDS_FROM = 10_000
const DOUBLE_CLICK_MS = 250
/** Members of a group that its hover shows, at most. */
const MEMBERS_SHOWN = 200
const MEMBERS_STEP = 10
/** A pointer that only passes over a group leaves its members alone, in ms. */
const DWELL_MS = 40
/** A picture that has been in the making this long is finished before a newer one is begun, in ms. */
const PATIENCE_MS = 400
/** Up to this many points a chart is drawn in one go. */
const SMALL_WORK = 40_000
/** After the first picture of a chart, in ms. */
const REHEARSAL_MS = 300
/** A slice of drawing may take this long before the page gets its turn, in ms. */
const SLICE_MS = 8
/** Segments between two looks at the clock. */
const SLICE_SEGMENTS = 8_000

export class ChartView {
  private readonly base: HTMLCanvasElement
  private readonly overlay: HTMLCanvasElement
  private readonly ctx: CanvasRenderingContext2D
  private readonly top: CanvasRenderingContext2D
  private readonly kit = new RasterKit()
  private back: HTMLCanvasElement | null = null
  private width = 0
  private height = 0
  private ratio = 1
  private spec: ChartSpec | null = null
  private scene: Scene | null = null
  private job = 0
  /** Start of the job that runs; 0 where none does. */
  private busySince = 0
  private again = false
  /** The lines of the hovered group; no canvas while they are in the making. */
  private crowd: { readonly key: string; readonly canvas: HTMLCanvasElement | null } | null = null
  /** Where the overlay stood at the last event of the pointer: hover itself measures nothing. */
  private place: DOMRect | null = null
  private pointer: { x: number; y: number } | null = null
  private drag: { kind: 'x' | 'xy' | 'pan'; x: number; y: number; toX: number; toY: number; domain: readonly [number, number] } | null = null
  private keyLine = 0
  private click = 0
  private reserved = 0
  private lastNotes = ''
  private readonly cleanup: (() => void)[] = []
  private readonly smoothed = new WeakMap<Series, { weight: number; values: Float64Array }>()

  constructor(
    readonly id: string,
    private readonly host: HTMLElement,
    public events: ChartEvents,
  ) {
    this.base = document.createElement('canvas')
    this.overlay = document.createElement('canvas')
    for (const c of [this.base, this.overlay]) {
      c.style.position = 'absolute'
      c.style.inset = '0'
      c.style.width = '100%'
      c.style.height = '100%'
      c.setAttribute('aria-hidden', 'true')
      host.append(c)
    }
    this.overlay.style.touchAction = 'pan-y'
    this.ctx = this.base.getContext('2d')!
    this.top = this.overlay.getContext('2d')!
    const sizes = new ResizeObserver(() => this.resize())
    sizes.observe(host)
    this.cleanup.push(() => sizes.disconnect())
    this.cleanup.push(hoverStore.subscribe(() => inFrame(this.drawOverlay)))
    const on = <K extends keyof HTMLElementEventMap>(target: HTMLElement, type: K, f: (e: HTMLElementEventMap[K]) => void, options?: AddEventListenerOptions) => {
      target.addEventListener(type, f as EventListener, options)
      this.cleanup.push(() => target.removeEventListener(type, f as EventListener))
    }
    on(this.overlay, 'pointermove', (e) => this.onMove(e))
    on(this.overlay, 'pointerleave', () => this.onLeave())
    on(this.overlay, 'pointerdown', (e) => this.onDown(e))
    on(this.overlay, 'pointerup', (e) => this.onUp(e))
    on(this.overlay, 'dblclick', () => {
      clearTimeout(this.click)
      this.events.onZoomBack()
    })
    on(this.overlay, 'wheel', (e) => this.onWheel(e), { passive: false })
    on(host, 'keydown', (e) => this.onKey(e))
    on(host, 'blur', () => {
      if (hoverStore.getState().chart === this.id) {
        clearHover()
        hideTip()
      }
    })
  }

  destroy(): void {
    this.job++
    clearTimeout(this.click)
    for (const f of this.cleanup) f()
    this.base.remove()
    this.overlay.remove()
    if (hoverStore.getState().chart === this.id) {
      clearHover()
      hideTip()
    }
  }

  /** Width of the plot in CSS pixels, which decides how many buckets to ask for. */
  get plotWidth(): number {
    return Math.max(1, this.host.clientWidth - MARGIN.left - MARGIN.right)
  }

  update(spec: ChartSpec): void {
    this.spec = spec
    inFrame(this.drawBase)
  }

  /** Pixels at the right end of the x labels that the note takes. */
  reserve(pixels: number): void {
    const next = Math.ceil(pixels)
    if (next === this.reserved) return
    this.reserved = next
    inFrame(this.drawBase)
  }

  /** The theme has changed. */
  redraw(): void {
    inFrame(this.drawBase)
  }

  private resize(): void {
    const w = this.host.clientWidth
    const h = this.host.clientHeight
    const r = window.devicePixelRatio || 1
    if (w === this.width && h === this.height && r === this.ratio) return
    this.width = w
    this.height = h
    this.ratio = r
    inFrame(this.drawBase)
  }

  private fitCanvas(c: HTMLCanvasElement): void {
    const w = Math.max(1, Math.round(this.width * this.ratio))
    const h = Math.max(1, Math.round(this.height * this.ratio))
    if (c.width !== w) c.width = w
    if (c.height !== h) c.height = h
  }

  // ---------------------------------------------------------------------------------------------- base

  private valuesOf(s: Series, weight: number): Float64Array {
    if (weight <= 0) return s.last
    if (s.smooth) return s.smooth
    const known = this.smoothed.get(s)
    if (known && known.weight === weight) return known.values
    const values = smoothEma(s.x, s.last, weight)
    this.smoothed.set(s, { weight, values })
    return values
  }

  private readonly drawBase = (): void => {
    const spec = this.spec
    if (!spec || this.width < MARGIN.left + MARGIN.right + 20 || this.height < 40) return
    const started = performance.now()
    // Points that come in faster than a picture is made must not keep it from ever being finished.
    if (this.busySince > 0 && started - this.busySince > PATIENCE_MS) {
      this.again = true
      return
    }
    const job = ++this.job
    this.busySince = started
    const steps = this.picture(spec, started)
    const next = () => {
      try {
        return steps.next().done
      } catch (e) {
        this.busySince = 0
        throw e
      }
    }
    const slice = () => {
      if (job !== this.job) return
      const from = performance.now()
      do {
        if (next()) {
          this.busySince = 0
          if (this.again) {
            this.again = false
            inFrame(this.drawBase)
          }
          return
        }
      } while (performance.now() - from < SLICE_MS)
      setTask(slice)
    }
    slice()
  }

  /** Makes one picture, step by step; the one that is shown stays until it is done. */
  private *picture(spec: ChartSpec, started: number): Generator<void> {
    const p = palette()
    let box: Box = { left: MARGIN.left, top: MARGIN.top, width: this.width - MARGIN.left - MARGIN.right, height: this.height - MARGIN.top - MARGIN.bottom }
    const drawn: Drawn[] = []
    let work = 0
    let read = 0
    for (const line of spec.lines) {
      const group = spec.groups[line.group]
      if ((group && spec.hiddenGroups.has(group.key)) || spec.hiddenLines.has(line.key)) continue
      const values = this.valuesOf(line.series, spec.smoothing)
      drawn.push({ line, series: line.series, values })
      work += line.series.x.length
      if ((read += values === line.series.last ? 50 : line.series.x.length) > STEP_POINTS) {
        read = 0
        yield
      }
    }
    const all = drawn.map((d) => d.series)

    let sx = makeScale(spec.xKind, spec.xDomain, [box.left, box.left + box.width])
    const [x0, x1] = sx.domain
    const extent = yield* extentSteps(all, x0, x1, spec.yKind === 'log')
    const range = spec.yFixed ? { lo: spec.yFixed[0], hi: spec.yFixed[1], clips: true } : shownRange(extent, spec.outliers)
    const pad = spec.yFixed ? 0 : 0.05
    const [y0, y1] = Number.isFinite(range.lo) ? padDomain(spec.yKind, range.lo, range.hi, range.lo === range.hi ? 0 : pad) : [0, 1]
    const sy = makeScale(spec.yKind, [y0, y1], [box.top + box.height, box.top])
    // Long labels of the y axis push the plot to the right, on this chart alone.
    this.top.font = `11px ${p.font}`
    const widest = yTicks(sy, box.height).labels.reduce((w, t) => Math.max(w, this.top.measureText(t).width), 0)
    const left = Math.max(MARGIN.left, Math.ceil(widest) + 12)
    if (left !== box.left) {
      box = { ...box, left, width: box.left + box.width - left }
      sx = makeScale(spec.xKind, spec.xDomain, [box.left, box.left + box.width])
    }
    const clipped = range.clips ? yield* clippedSteps(all, x0, x1, sy.domain[0], sy.domain[1], spec.yKind === 'log') : 0

    const banded = spec.aggregate === null && drawn.length > BANDS_FROM && !spec.drawAll
    const groupLines = spec.aggregate || banded ? yield* this.makeGroups(spec, drawn, box, sx, banded) : []
    const scene: Scene = { spec, box, sx, sy, drawn, groupLines, banded }
    yield* this.notes(scene, extent, clipped)

    const rastered = groupLines.length === 0 && drawn.length > MANY
    if (rastered) yield* rasterSteps(this.kit, this.passes(scene), box, this.ratio, sx, sy, spec.gaps, p)
    const isSmall = groupLines.length > 0 || rastered || work < SMALL_WORK
    // Much to draw: in slices on a canvas of its own.
    const canvas = isSmall ? this.base : (this.back ??= document.createElement('canvas'))
    const ctx = isSmall ? this.ctx : canvas.getContext('2d', { willReadFrequently: true })!
    this.fitCanvas(canvas)
    this.begin(ctx, p.bg)
    drawAxes(ctx, box, spec.xAxis, sx, sy, p, this.reserved)
    this.clip(ctx, box)
    if (groupLines.length > 0) this.drawGroups(ctx, scene)
    else if (rastered) this.placeRaster(ctx, scene)
    else {
      for (const step of this.lineSteps(ctx, scene)) {
        void step
        if (isSmall) continue
        // Drawing is recorded and painted later; reading a pixel paints it now, so that the clock tells the truth.
        ctx.getImageData(0, 0, 1, 1)
        yield
      }
    }
    ctx.restore()
    this.drawMarks(ctx, scene, clipped)
    if (!isSmall) {
      ctx.getImageData(0, 0, 1, 1)
      yield
      this.fitCanvas(this.base)
      this.ctx.setTransform(1, 0, 0, 1, 0, 0)
      this.ctx.drawImage(canvas, 0, 0)
    }
    if (this.scene === null) setTimeout(() => this.rehearse(), REHEARSAL_MS)
    this.scene = scene
    this.crowd = null
    this.host.dataset.baseDraws = String(Number(this.host.dataset.baseDraws ?? 0) + 1)
    this.host.dataset.drawMs = (performance.now() - started).toFixed(1)
    this.drawOverlay()
  }

  /** Does what a hover does, once and unseen: the first real one then finds its code compiled. */
  private rehearse(): void {
    if (!this.scene) return
    const { drawn, sx, sy, box } = this.scene
    prepareTip()
    for (const share of [0.2, 0.5, 0.8]) {
      const x = box.left + box.width * share
      nearestLines(drawn, sx, sy, x, box.top + box.height / 2, toValue(sx, x), REACH, 5)
    }
  }

  private begin(ctx: CanvasRenderingContext2D, bg: string): void {
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    ctx.globalAlpha = 1
    ctx.fillStyle = bg
    ctx.fillRect(0, 0, ctx.canvas.width, ctx.canvas.height)
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
  }

  private clip(ctx: CanvasRenderingContext2D, box: Box): void {
    ctx.save()
    ctx.beginPath()
    ctx.rect(box.left, box.top, box.width, box.height)
    ctx.clip()
  }

  /** What the raster draws, in its order: raw lines behind smoothed ones. */
  private passes({ spec, drawn }: Scene): RasterPass[] {
    const lines: RasterLine[] = []
    for (const d of drawn) {
      const group = spec.groups[d.line.group]
      if (!isStrong(d, spec)) lines.push({ series: d.series, values: d.values, slot: group?.slot ?? NEUTRAL, dash: group?.dash ?? 0 })
    }
    const faded = spec.focus !== null
    // Neutral lines are dense: a little light keeps their structure visible.
    const neutral = spec.groups.every((g) => g.slot === NEUTRAL)
    const alpha = (faded ? 0.25 : 1) * (neutral ? 0.55 : 1)
    return spec.smoothing > 0
      ? [
          { lines, alpha: 0.18 * (faded ? 0.5 : 1), values: false },
          { lines, alpha, values: true },
        ]
      : [{ lines, alpha, values: false }]
  }

  private placeRaster(ctx: CanvasRenderingContext2D, scene: Scene): void {
    const { left, top } = plotPixels(scene.box, this.ratio)
    ctx.putImageData(this.kit.picture, left, top)
    for (const d of scene.drawn) if (isStrong(d, scene.spec)) this.strongLine(ctx, d, scene)
    if (scene.drawn.length <= 200) for (const d of scene.drawn) if (d.line.live) this.endDot(ctx, d, scene)
  }

  private *lineSteps(ctx: CanvasRenderingContext2D, scene: Scene): Generator<void> {
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
    if (spec.smoothing > 0) {
      yield* pass(false, 0.18 * (faded ? 0.5 : 1))
      yield* pass(true, full)
    } else yield* pass(false, full)
    ctx.globalAlpha = 1
    for (const d of shown) if (isStrong(d, spec)) this.strongLine(ctx, d, scene)
    ctx.setLineDash([])
    for (const d of shown) if (d.line.live) this.endDot(ctx, d, scene)
  }

  private strongLine(ctx: CanvasRenderingContext2D, d: Drawn, { spec, sx, sy }: Scene): void {
    const p = palette()
    const group = spec.groups[d.line.group]
    const [from, to] = visibleRange(d.series.x, sx.domain[0], sx.domain[1])
    const path = new Path2D()
    trace(path, d.series, { from, to, x: sx, y: sy, values: spec.smoothing > 0 ? d.values : null, gaps: spec.gaps })
    ctx.lineJoin = 'round'
    ctx.setLineDash([])
    // Strokes from minimum to maximum stand side by side: any wider, and they run into one filled shape.
    const dense = d.series.count !== null && spec.smoothing <= 0
    ctx.strokeStyle = p.bg
    ctx.lineWidth = dense ? 4 : 5
    ctx.stroke(path)
    ctx.setLineDash(DASHES[group?.dash ?? 0] as number[])
    ctx.strokeStyle = group && group.slot !== NEUTRAL ? slotColour(p, group.slot) : p.accent
    ctx.lineWidth = dense ? 1.5 : 2.5
    ctx.stroke(path)
    ctx.setLineDash([])
  }

  private endDot(ctx: CanvasRenderingContext2D, d: Drawn, { spec, sx, sy }: Scene): void {
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

  private *makeGroups(spec: ChartSpec, shown: readonly Drawn[], box: Box, sx: Scale, banded: boolean): Generator<void, GroupLine[]> {
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
      const group: ChartGroup = merge ? { key: 'all', label: `${formatCount(list.length)} sequences`, slot: 0, dash: 0 } : spec.groups[index]!
      const asMembers: Member[] = list.map((d) => ({ series: d.series, values: d.values }))
      out.push({ group, data: yield* aggregateSteps(asMembers, sx, columns, how.line, how.band), members: list })
    }
    return out
  }

  private drawGroups(ctx: CanvasRenderingContext2D, scene: Scene): void {
    const { spec, sx, sy, box, groupLines } = scene
    const yOrBottom = (v: number) => {
      const y = toPixel(sy, v)
      return Number.isFinite(y) ? y : box.top + box.height + 4
    }
    const p = palette()
    ctx.setLineDash([])
    for (const { group, data } of groupLines) {
      if (!data.lo || !data.hi) continue
      ctx.fillStyle = slotColour(p, group.slot)
      ctx.globalAlpha = 0.15
      const { x, lo, hi } = data
      let start = -1
      for (let i = 0; i <= x.length; i++) {
        const ok = i < x.length && lo[i]! - lo[i]! === 0
        if (ok && start < 0) start = i
        if (!ok && start >= 0) {
          ctx.beginPath()
          for (let k = start; k < i; k++) ctx.lineTo(toPixel(sx, x[k]!), toPixel(sy, hi[k]!))
          for (let k = i - 1; k >= start; k--) ctx.lineTo(toPixel(sx, x[k]!), yOrBottom(lo[k]!))
          ctx.fill()
          start = -1
        }
      }
    }
    ctx.globalAlpha = spec.focus !== null ? 0.4 : 1
    for (const { group, data } of groupLines) {
      ctx.strokeStyle = slotColour(p, group.slot)
      ctx.setLineDash(DASHES[group.dash] as number[])
      ctx.lineWidth = 1.75
      ctx.lineJoin = 'round'
      ctx.beginPath()
      plainPath(ctx, data.x, data.line, sx, sy)
      ctx.stroke()
    }
    ctx.globalAlpha = 1
    ctx.setLineDash([])
    for (const d of scene.drawn) if (d.line.run === spec.focus || spec.selected.has(d.line.run)) this.strongLine(ctx, d, scene)
  }

  /** Ticks of values that are not finite, and triangles where something is clipped. */
  private drawMarks(ctx: CanvasRenderingContext2D, { spec, box, sx, sy, drawn }: Scene, clipped: number): void {
    const p = palette()
    const [x0, x1] = sx.domain
    const bottom = box.top + box.height
    const marks = new Set<number>()
    for (const d of drawn) {
      for (const [x] of d.series.nonfinite) {
        if (x < x0 || x > x1) continue
        marks.add(Math.round(toPixel(sx, x)))
        if (marks.size > 2000) break
      }
    }
    if (marks.size > 0) {
      ctx.strokeStyle = p.err
      ctx.lineWidth = 1.5
      ctx.beginPath()
      for (const x of marks) {
        ctx.moveTo(x, bottom - 1)
        ctx.lineTo(x, bottom + 5)
      }
      ctx.stroke()
    }
    if (clipped === 0) return
    const [y0, y1] = sy.domain
    const n = Math.ceil(box.width / 6) + 1
    const above = new Uint8Array(n)
    const below = new Uint8Array(n)
    for (const d of drawn) {
      const s = d.series
      const min = s.min ?? s.last
      const max = s.max ?? s.last
      const [from, to] = visibleRange(s.x, x0, x1)
      for (let i = from; i < to; i++) {
        const up = max[i]! > y1
        const down = min[i]! < y0
        if (!up && !down) continue
        const c = Math.floor((toPixel(sx, s.x[i]!) - box.left) / 6)
        if (c < 0 || c >= n) continue
        if (up) above[c] = 1
        if (down && !(spec.yKind === 'log' && min[i]! <= 0)) below[c] = 1
      }
    }
    ctx.fillStyle = p.warn
    ctx.beginPath()
    for (let c = 0; c < n; c++) {
      const x = box.left + c * 6 + 3
      if (above[c]) {
        ctx.moveTo(x, box.top)
        ctx.lineTo(x - 3, box.top + 5)
        ctx.lineTo(x + 3, box.top + 5)
      }
      if (below[c]) {
        ctx.moveTo(x, bottom)
        ctx.lineTo(x - 3, bottom - 5)
        ctx.lineTo(x + 3, bottom - 5)
      }
    }
    ctx.fill()
  }

  private *notes({ spec, drawn: shown, sx, box, banded }: Scene, extent: Extent, clipped: number): Generator<void> {
    const exact = shown.every((d) => d.series.exact)
    const [x0, x1] = sx.domain
    let resolution = 'exact'
    if (spec.refining) resolution = 'refining'
    else if (!exact) {
      if (spec.xAxis === 'step' && spec.xKind === 'linear') resolution = `1 px = ${formatCount(Math.max(1, Math.round((x1 - x0) / (box.width * this.ratio))))} steps`
      else {
        const densest = shown.reduce((n, d) => Math.max(n, d.series.total / Math.max(1, d.series.x.length)), 1)
        resolution = `1 px = ${formatCount(Math.max(1, Math.round(densest)))} points`
      }
    }
    let nonfinite = 0
    let lowestRun = ''
    let lowest = Infinity
    let read = 0
    for (const d of shown) {
      nonfinite += d.series.nonfiniteTotal
      if ((read += d.series.x.length) > STEP_POINTS) {
        read = 0
        yield
      }
      const low = lowestOf(d.series)
      if (low < lowest) (lowest = low), (lowestRun = d.line.label)
    }
    const runs = new Set(shown.map((d) => d.line.run)).size
    const summary = shown.length === 0
      ? 'no lines shown'
      : `${formatCount(runs)} ${runs === 1 ? 'run' : 'runs'}, ${xText(spec.xAxis, x0)} to ${xText(spec.xAxis, x1)}, lowest ${formatNumber(lowest)} by ${lowestRun}`
    const notes: ChartNotes = {
      resolution: shown.length === 0 ? '' : resolution,
      notPositive: extent.notPositive > 0 ? `${extent.atLeast ? 'at least ' : ''}${formatCount(extent.notPositive)} values ≤ 0 hidden` : '',
      clipped,
      bands: banded ? shown.length : 0,
      nonfinite,
      summary,
    }
    const text = JSON.stringify(notes)
    if (text === this.lastNotes) return
    this.lastNotes = text
    this.events.onNotes(notes)
  }

  // ------------------------------------------------------------------------------------------- overlay

  private readonly drawOverlay = (): void => {
    const scene = this.scene
    if (!scene || this.width === 0) return
    const { spec, box, sx, sy } = scene
    this.fitCanvas(this.overlay)
    const ctx = this.top
    const p = palette()
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height)
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
    const h = hoverStore.getState()
    const own = h.chart === this.id

    ctx.save()
    ctx.beginPath()
    ctx.rect(box.left, box.top - 4, box.width, box.height + 8)
    ctx.clip()
    if (h.group !== null || (own && scene.groupLines.length > 0 && h.line)) this.drawCrowd(ctx, (h.group ?? h.line)!, scene)
    const hovered: Drawn[] = []
    if (h.run !== null) {
      for (const d of scene.drawn) {
        if (d.line.run !== h.run) continue
        // In the chart under the pointer only the line it is on; elsewhere every line of that run.
        if (own && h.line !== null && d.line.key !== h.line) continue
        hovered.push(d)
        if (hovered.length >= 12) break
      }
      for (const d of hovered) this.strongLine(ctx, d, scene)
    }
    if (this.drag && this.drag.kind !== 'pan') {
      const { x, y, toX, toY, kind } = this.drag
      ctx.fillStyle = p.accent
      ctx.globalAlpha = 0.14
      if (kind === 'x') ctx.fillRect(Math.min(x, toX), box.top, Math.abs(toX - x), box.height)
      else ctx.fillRect(Math.min(x, toX), Math.min(y, toY), Math.abs(toX - x), Math.abs(toY - y))
      ctx.globalAlpha = 1
    }
    if (h.x !== null && h.x >= sx.domain[0] && h.x <= sx.domain[1]) {
      const x = Math.round(toPixel(sx, h.x)) + 0.5
      ctx.strokeStyle = p.cross
      ctx.lineWidth = 1
      ctx.setLineDash([3, 3])
      ctx.beginPath()
      ctx.moveTo(x, box.top)
      ctx.lineTo(x, box.top + box.height)
      ctx.stroke()
      ctx.setLineDash([])
    }
    ctx.restore()

    if (h.x === null) return
    let labels = 0
    for (const d of hovered) {
      const i = nearestIndex(d.series.x, h.x)
      if (i < 0) continue
      const v = own ? d.values[i]! : valueAt(d.series.x, d.values, h.x)
      const y = toPixel(sy, v)
      if (!Number.isFinite(y) || y < box.top - 4 || y > box.top + box.height + 4) continue
      const x = own ? toPixel(sx, d.series.x[i]!) : toPixel(sx, h.x)
      const group = spec.groups[d.line.group]
      ctx.fillStyle = p.bg
      ctx.beginPath()
      ctx.arc(x, y, 5.5, 0, 2 * Math.PI)
      ctx.fill()
      ctx.fillStyle = group && group.slot !== NEUTRAL ? slotColour(p, group.slot) : p.accent
      ctx.beginPath()
      ctx.arc(x, y, 3.75, 0, 2 * Math.PI)
      ctx.fill()
      if (!own && labels++ < 4) this.label(ctx, box, x, y, formatNumber(v))
    }
  }

  private label(ctx: CanvasRenderingContext2D, box: Box, x: number, y: number, text: string): void {
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

  /** The lines of one group, painted beside the hover and kept: a move of the pointer costs one copy. */
  private drawCrowd(ctx: CanvasRenderingContext2D, key: string, scene: Scene): void {
    if (this.crowd?.key !== key) this.makeCrowd(key, scene)
    const { canvas } = this.crowd!
    if (canvas === null) return
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    ctx.drawImage(canvas, 0, 0)
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
  }

  private makeCrowd(key: string, scene: Scene): void {
    const crowd: { key: string; canvas: HTMLCanvasElement | null } = { key, canvas: null }
    this.crowd = crowd
    const steps = this.crowdSteps(key, scene)
    const canvas = document.createElement('canvas')
    this.fitCanvas(canvas)
    const ctx = canvas.getContext('2d', { willReadFrequently: true })!
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
    const slice = () => {
      if (this.crowd !== crowd) return
      const from = performance.now()
      do {
        const step = steps.next()
        if (step.done) {
          crowd.canvas = canvas
          inFrame(this.drawOverlay)
          return
        }
        step.value(ctx)
        ctx.getImageData(0, 0, 1, 1)
      } while (performance.now() - from < SLICE_MS)
      setTask(slice)
    }
    setTimeout(slice, DWELL_MS)
  }

  private *crowdSteps(key: string, scene: Scene): Generator<(ctx: CanvasRenderingContext2D) => void> {
    const group = scene.groupLines.find((g) => g.group.key === key)
    if (!group) {
      let n = 0
      for (const d of scene.drawn) if (scene.spec.groups[d.line.group]?.key === key && n++ < 60) yield (ctx) => this.strongLine(ctx, d, scene)
      return
    }
    const { members } = group
    const shown = members.length > MEMBERS_SHOWN ? members.filter((_, i) => i % Math.ceil(members.length / MEMBERS_SHOWN) === 0) : members
    for (let i = 0; i < shown.length; i += MEMBERS_STEP) yield (ctx) => this.drawMembers(ctx, shown.slice(i, i + MEMBERS_STEP), shown.length > 30 ? 0.1 : 0.25, scene)
  }

  private drawMembers(ctx: CanvasRenderingContext2D, members: readonly Drawn[], alpha: number, { spec, sx, sy }: Scene): void {
    const p = palette()
    ctx.globalAlpha = alpha
    ctx.lineWidth = 1 / this.ratio
    for (const d of members) {
      ctx.strokeStyle = slotColour(p, spec.groups[d.line.group]?.slot ?? 0)
      const [from, to] = visibleRange(d.series.x, sx.domain[0], sx.domain[1])
      ctx.beginPath()
      trace(ctx, d.series, { from, to, x: sx, y: sy, values: d.values })
      ctx.stroke()
    }
    ctx.globalAlpha = 1
  }

  // ------------------------------------------------------------------------------------------- pointer

  private at(e: MouseEvent): { x: number; y: number } {
    const r = (this.place = this.overlay.getBoundingClientRect())
    return { x: e.clientX - r.left, y: e.clientY - r.top }
  }

  private inside(x: number, y: number): boolean {
    const b = this.scene?.box
    return b !== undefined && x >= b.left && x <= b.left + b.width && y >= b.top - 4 && y <= b.top + b.height + 8
  }

  private onMove(e: PointerEvent): void {
    const at = this.at(e)
    const scene = this.scene
    if (this.drag && scene) {
      const { box: b, sx } = scene
      this.drag.toX = Math.min(Math.max(at.x, b.left), b.left + b.width)
      this.drag.toY = Math.min(Math.max(at.y, b.top), b.top + b.height)
      if (this.drag.kind === 'pan') {
        const from = toValue(sx, this.drag.x)
        const to = toValue(sx, at.x)
        const [d0, d1] = sx.domain
        if (sx.kind === 'linear') this.events.onZoom([d0 + from - to, d1 + from - to], null)
        this.drag.x = at.x
        return
      }
      inFrame(this.drawOverlay)
    }
    this.pointer = at
    inFrame(this.hoverWork)
  }

  private onLeave(): void {
    this.pointer = null
    if (this.drag) return
    clearHover()
    hideTip()
  }

  private onDown(e: PointerEvent): void {
    if (e.button !== 0) return
    const { x, y } = this.at(e)
    if (!this.inside(x, y) || !this.scene) return
    this.host.focus({ preventScroll: true })
    this.overlay.setPointerCapture(e.pointerId)
    this.drag = { kind: e.altKey ? 'pan' : e.shiftKey ? 'xy' : 'x', x, y, toX: x, toY: y, domain: this.scene.sx.domain }
  }

  private onUp(e: PointerEvent): void {
    const drag = this.drag
    this.drag = null
    if (!drag || !this.scene) return
    const { sx, sy } = this.scene
    const moved = Math.abs(drag.toX - drag.x) > 4 || (drag.kind === 'xy' && Math.abs(drag.toY - drag.y) > 4)
    if (moved && drag.kind !== 'pan') {
      const x = [toValue(sx, Math.min(drag.x, drag.toX)), toValue(sx, Math.max(drag.x, drag.toX))] as [number, number]
      const y: [number, number] | null = drag.kind === 'xy' ? [toValue(sy, Math.max(drag.y, drag.toY)), toValue(sy, Math.min(drag.y, drag.toY))] : null
      this.events.onZoom(x, y)
    } else if (!moved && drag.kind !== 'pan') {
      const { run } = hoverStore.getState()
      if (e.shiftKey) {
        if (run) this.events.onSelect(run)
      } else {
        // A double click is no pin: wait for its second half.
        clearTimeout(this.click)
        this.click = window.setTimeout(() => this.events.onPin(run), DOUBLE_CLICK_MS)
      }
    }
    inFrame(this.drawOverlay)
  }

  private onWheel(e: WheelEvent): void {
    if (!e.ctrlKey || !this.scene) return
    e.preventDefault()
    const { x } = this.at(e)
    this.events.onZoom(zoomDomain(this.scene.sx, x, Math.exp(Math.max(-1, Math.min(1, e.deltaY / 200)))), null)
  }

  private readonly hoverWork = (): void => {
    const at = this.pointer
    const { scene } = this
    if (!at || !scene) return
    const { spec, sx, sy } = scene
    const started = performance.now()
    if (!this.inside(at.x, at.y)) {
      clearHover()
      hideTip()
      return
    }
    const x = toValue(sx, at.x)
    if (scene.groupLines.length > 0) this.hoverGroup(at, x, scene)
    else {
      const near = nearestLines(scene.drawn, sx, sy, at.x, at.y, x, REACH, 5)
      if (near.length === 0) {
        setHover({ run: null, line: null, x: spec.xAxis === 'step' ? Math.round(x) : x, chart: this.id, group: null })
        this.tipForMark(at, scene)
      } else {
        const best = near[0]!
        const d = scene.drawn[best.line]!
        setHover({ run: d.line.run, line: d.line.key, x: d.series.x[best.index]!, chart: this.id, group: null })
        this.tip(near, scene)
      }
    }
    this.host.dataset.hoverMs = (performance.now() - started).toFixed(2)
  }

  private hoverGroup(at: { x: number; y: number }, x: number, { spec, sx, sy, groupLines }: Scene): void {
    const p = palette()
    let best = -1
    let distance = REACH
    for (let i = 0; i < groupLines.length; i++) {
      const { data } = groupLines[i]!
      const k = nearestIndex(data.x, x)
      const d = Math.abs(toPixel(sy, data.line[k]!) - at.y)
      if (d < distance) (distance = d), (best = i)
    }
    const snapped = spec.xAxis === 'step' ? Math.round(x) : x
    if (best < 0) {
      setHover({ run: null, line: null, x: snapped, chart: this.id, group: null })
      hideTip()
      return
    }
    const { group, data } = groupLines[best]!
    const k = nearestIndex(data.x, x)
    setHover({ run: null, line: group.key, x: snapped, chart: this.id, group: group.key })
    const how = spec.aggregate ?? { line: 'mean', band: 'min-max' }
    const r = this.place ?? this.overlay.getBoundingClientRect()
    showTip(
      {
        colour: slotColour(p, group.slot),
        title: group.label,
        value: `${how.line}\t${formatNumber(data.line[k])}`,
        rest: '',
        lines: [
          ...(data.lo && data.hi ? [`${how.band} ${formatNumber(data.lo[k])} – ${formatNumber(data.hi[k])}`] : []),
          `${xText(spec.xAxis, snapped)} · ${formatCount(data.members)} sequences`,
        ],
        others: [],
      },
      r.left + toPixel(sx, snapped),
      r.top + toPixel(sy, data.line[k]!),
    )
  }

  private tip(near: readonly Near[], { spec, sx, sy, box, drawn }: Scene): void {
    const p = palette()
    const best = near[0]!
    const d = drawn[best.line]!
    const s = d.series
    const i = best.index
    const group = spec.groups[d.line.group]
    const count = s.count ? s.count[i]! : 1
    const lines: string[] = []
    if (count > 1) lines.push(`${formatCount(count)} points · first ${formatNumber(s.first?.[i])} · last ${formatNumber(s.last[i])}`, `min ${formatNumber(s.min?.[i])} · max ${formatNumber(s.max?.[i])}`)
    lines.push(xText(spec.xAxis, s.x[i]!) + (group && group.label !== d.line.label ? ` · ${group.label}` : ''))
    const others: TipRow[] = near.slice(1).map((n) => {
      const o = drawn[n.line]!
      return { colour: slotColour(p, spec.groups[o.line.group]?.slot ?? NEUTRAL), name: o.line.label, value: formatNumber(o.values[n.index]) }
    })
    const r = this.place ?? this.overlay.getBoundingClientRect()
    showTip(
      {
        colour: group && group.slot !== NEUTRAL ? slotColour(p, group.slot) : p.accent,
        title: d.line.label,
        value: `${d.line.metric}\t${formatNumber(d.values[i])}`,
        rest: spec.smoothing > 0 ? `raw ${formatNumber(s.last[i])}` : '',
        lines,
        others,
      },
      r.left + toPixel(sx, s.x[i]!),
      r.top + Math.min(box.top + box.height, Math.max(box.top, toPixel(sy, d.values[i]!))),
    )
  }

  /** `NaN at step 1 200`, near a tick of the x axis. */
  private tipForMark(at: { x: number; y: number }, { spec, sx, box, drawn }: Scene): void {
    if (at.y > box.top + box.height - 24) {
      for (const d of drawn) {
        for (const [x, what] of d.series.nonfinite) {
          const px = toPixel(sx, x)
          if (Math.abs(px - at.x) > 4) continue
          const r = this.place ?? this.overlay.getBoundingClientRect()
          const name = what === 'nan' ? 'NaN' : what === 'inf' ? '∞' : '−∞'
          showTip(
            { colour: slotColour(palette(), spec.groups[d.line.group]?.slot ?? NEUTRAL), title: d.line.label, value: '', rest: '', lines: [`${name} at ${xText(spec.xAxis, x)}`], others: [] },
            r.left + px,
            r.top + box.top + box.height,
          )
          return
        }
      }
    }
    hideTip()
  }

  // ------------------------------------------------------------------------------------------ keyboard

  private onKey(e: KeyboardEvent): void {
    const { scene } = this
    if (!scene || e.target !== this.host || e.ctrlKey || e.metaKey || e.altKey) return
    const { sx, box } = scene
    const middle = (box.left * 2 + box.width) / 2
    const take = () => {
      e.preventDefault()
      e.stopPropagation()
    }
    switch (e.key) {
      case 'ArrowLeft':
      case 'ArrowRight': {
        take()
        this.moveCrosshair((e.key === 'ArrowLeft' ? -1 : 1) * (e.shiftKey ? 10 : 1), 0)
        break
      }
      case 'ArrowUp':
      case 'ArrowDown':
        take()
        this.moveCrosshair(0, e.key === 'ArrowUp' ? -1 : 1)
        break
      case 'Enter':
        take()
        this.events.onPin(hoverStore.getState().run)
        break
      case '+':
      case '=':
        take()
        this.events.onZoom(zoomDomain(sx, this.crossPixel() ?? middle, 0.5), null)
        break
      case '-':
        take()
        this.events.onZoom(zoomDomain(sx, this.crossPixel() ?? middle, 2), null)
        break
      case '0':
        take()
        this.events.onZoomReset()
        break
      case 'l':
        take()
        this.events.onLog()
        break
      case 'f':
        take()
        this.events.onExpand()
        break
    }
  }

  private crossPixel(): number | null {
    const { x } = hoverStore.getState()
    return x === null || !this.scene ? null : toPixel(this.scene.sx, x)
  }

  private moveCrosshair(dx: number, dLine: number): void {
    const { scene } = this
    if (!scene || scene.drawn.length === 0) return
    const { sx, drawn } = scene
    const h = hoverStore.getState()
    let current = drawn.findIndex((d) => d.line.key === h.line)
    if (current < 0) current = Math.min(this.keyLine, drawn.length - 1)
    const x = h.x ?? (sx.domain[0] + sx.domain[1]) / 2
    if (dLine !== 0) {
      // Lines in the order in which they stand at the crosshair.
      const order = drawn
        .map((d, i) => ({ i, v: valueAt(d.series.x, d.values, x) }))
        .filter((o) => Number.isFinite(o.v))
        .sort((a, b) => b.v - a.v)
      if (order.length > 0) {
        const at = order.findIndex((o) => o.i === current)
        current = order[Math.min(order.length - 1, Math.max(0, at + dLine))]!.i
      }
    }
    this.keyLine = current
    const d = drawn[current]!
    const n = d.series.x.length
    if (n === 0) return
    const i = Math.min(n - 1, Math.max(0, nearestIndex(d.series.x, x) + dx))
    setHover({ run: d.line.run, line: d.line.key, x: d.series.x[i]!, chart: this.id, group: null })
    this.place = null
    this.tip([{ line: current, index: i, distance: 0 }], scene)
  }

  // -------------------------------------------------------------------------------------------- export

  /** The picture as shown, at `scale` times its size. */
  async toPng(scale: number): Promise<Blob | null> {
    const out = document.createElement('canvas')
    out.width = Math.round(this.width * scale)
    out.height = Math.round(this.height * scale)
    out.getContext('2d')!.drawImage(this.base, 0, 0, out.width, out.height)
    return new Promise((resolve) => out.toBlob(resolve, 'image/png'))
  }

  /** The shown lines as SVG, in the colours of the theme. */
  toSvg(title: string): string {
    if (!this.scene) return ''
    const { spec, box, sx, sy, drawn, groupLines } = this.scene
    const strong = (d: Drawn) => d.line.run === spec.focus || spec.selected.has(d.line.run)
    const lines = (groupLines.length > 0 ? drawn.filter(strong) : drawn).map((d) => ({
      label: d.line.label,
      slot: spec.groups[d.line.group]?.slot ?? NEUTRAL,
      dash: spec.groups[d.line.group]?.dash ?? 0,
      series: d.series,
      values: spec.smoothing > 0 ? d.values : null,
      strong: strong(d),
    }))
    const groups = groupLines.map((g) => ({ label: g.group.label, slot: g.group.slot, dash: g.group.dash, data: g.data }))
    return toSvgText({ title, width: this.width, height: this.height, box, xAxis: spec.xAxis, sx, sy, gaps: spec.gaps, lines, groups }, palette())
  }

  /** Shown data as CSV: one row per point. */
  toCsv(): string {
    if (!this.scene) return ''
    const { spec, sx, drawn } = this.scene
    const quote = (t: string) => (/[",\n]/.test(t) ? `"${t.replace(/"/g, '""')}"` : t)
    const rows = [`run,metric,${spec.xAxis},value,min,max,points`]
    for (const d of drawn) {
      const s = d.series
      const [from, to] = visibleRange(s.x, sx.domain[0], sx.domain[1])
      for (let i = from; i < to; i++) rows.push([quote(d.line.run), quote(d.line.metric), s.x[i], s.last[i], s.min?.[i] ?? s.last[i], s.max?.[i] ?? s.last[i], s.count?.[i] ?? 1].join(','))
    }
    return `${rows.join('\n')}\n`
  }
}

function isStrong(d: Drawn, spec: ChartSpec): boolean {
  return d.line.run === spec.focus || spec.selected.has(d.line.run)
}

function plainPath(ctx: CanvasRenderingContext2D | Path2D, x: Float64Array, y: Float64Array, sx: Scale, sy: Scale): void {
  let down = false
  for (let i = 0; i < x.length; i++) {
    const v = y[i]!
    const py = toPixel(sy, v)
    if (!(py - py === 0)) {
      down = false
      continue
    }
    const px = toPixel(sx, x[i]!)
    if (down) ctx.lineTo(px, py)
    else ctx.moveTo(px, py)
    down = true
  }
}

const channel = typeof MessageChannel === 'undefined' ? null : new MessageChannel()
const tasks: (() => void)[] = []
if (channel) channel.port1.onmessage = () => tasks.shift()?.()

/** The next task, without the wait that timers get when nested. */
function setTask(f: () => void): void {
  if (!channel) {
    setTimeout(f, 0)
    return
  }
  tasks.push(f)
  channel.port2.postMessage(0)
}
