// One chart: two stacked canvases, no React inside. The base holds grid, bands and lines and is drawn on data, zoom, size
// or theme; the overlay holds crosshair, hovered line and dots and is drawn per frame. Hover never touches the base.

import { clippedPoints, type ClippedPoint } from './data/clipped'
import { drawAxes, yTitle, type Box } from './layout/axis'
import { drawGroups } from './draw/bands'
import type { ChartPicture } from './draw/exports'
import { plotPixels, RasterKit, rasterSteps } from './draw/baseRaster'
import { HoverGroup } from './draw/hoverGroup'
import { clearHover, hoverStore, inFrame, onCross } from '../base/hover'
import { rehearse } from './interact/hovering'
import { onChartKey } from './interact/keyboard'
import { drawEnds } from './draw/endLabels'
import { drawMarks } from './draw/marks'
import { isStrong, MANY, type ChartEvents, type ChartNotes, type ChartSpec, type Scene } from './layout/model'
import { noteSteps } from './layout/notes'
import { drawOverlay } from './draw/overlay'
import { palette } from '../base/palette'
import { layoutSteps, MARGIN } from './draw/picture'
import { pixelBox, placeCanvas, type PixelBox } from './draw/pixels'
import { Pointer } from './interact/pointer'
import type { Series } from '../base/series'
import { inSlices } from './draw/slices'
import type { Smoothing } from '../base/api/types'
import { smooth } from './data/smooth'
import { drawDots, drawLiveEnds, drawResumed, lineSteps, rasterPasses, strongLine, type Dots } from './draw/strokes'
import { hideTip } from './interact/tooltip'

/** A picture that has been in the making this long is finished before a newer one is started, in ms. */
const PATIENCE_MS = 400
/** Up to this many points a chart is drawn in one go. */
const SMALL_WORK = 40_000
const CLIPPED_LISTED = 100
/** After the first picture of a chart, in ms. */
const REHEARSAL_MS = 300

/** Was an axis zoomed or panned? Growth of a live run, less than a tenth at a time, is neither. */
function moved([a, b]: readonly [number, number], [c, d]: readonly [number, number]): boolean {
  const most = (b - a) / 10
  return Math.abs(c - a) > most || Math.abs(d - b) > most
}

export class ChartView {
  scene: Scene | null = null
  keyLine = 0
  private readonly base: HTMLCanvasElement
  private readonly overlay: HTMLCanvasElement
  private readonly ctx: CanvasRenderingContext2D
  private readonly top: CanvasRenderingContext2D
  private readonly kit = new RasterKit()
  private readonly hoverGroup = new HoverGroup()
  private readonly pointer: Pointer
  private back: HTMLCanvasElement | null = null
  private box: PixelBox = { left: 0, top: 0, width: 0, height: 0 }
  private readonly placed = new Map<HTMLCanvasElement, PixelBox>()
  /** Where the element ends, which may be a part of a pixel further down than the canvas. */
  private bottom = 0
  private width = 0
  private height = 0
  private ratio = 1
  private spec: ChartSpec | null = null
  private job = 0
  /** Start of the job that runs; 0 where none does. */
  private busySince = 0
  private again = false
  private lastNotes = ''
  private readonly cleanup: (() => void)[] = []
  private readonly smoothed = new WeakMap<Series, { how: Smoothing; distance: number; values: Float64Array }>()

  constructor(
    readonly id: string,
    readonly host: HTMLElement,
    public events: ChartEvents,
  ) {
    this.base = document.createElement('canvas')
    this.overlay = document.createElement('canvas')
    for (const c of [this.base, this.overlay]) {
      c.style.position = 'absolute'
      c.setAttribute('aria-hidden', 'true')
      host.append(c)
    }
    this.overlay.style.touchAction = 'pan-y'
    this.ctx = this.base.getContext('2d')!
    this.top = this.overlay.getContext('2d')!
    const sizes = new ResizeObserver(() => this.resize())
    sizes.observe(host)
    this.cleanup.push(() => sizes.disconnect())
    this.cleanup.push(onCross(this.drawOverlay))
    const on = <K extends keyof HTMLElementEventMap>(
      target: HTMLElement,
      type: K,
      f: (e: HTMLElementEventMap[K]) => void,
      options?: AddEventListenerOptions,
    ) => {
      target.addEventListener(type, f as EventListener, options)
      this.cleanup.push(() => target.removeEventListener(type, f as EventListener))
    }
    this.pointer = new Pointer(this, this.overlay, on)
    on(host, 'keydown', (e) => onChartKey(e, this))
    on(host, 'blur', () => this.leave())
  }

  destroy(): void {
    this.job++
    this.pointer.destroy()
    for (const f of this.cleanup) f()
    this.base.remove()
    this.overlay.remove()
    this.leave()
  }

  /** Width of the plot in CSS pixels, which decides how many buckets to ask for. */
  get plotWidth(): number {
    return Math.max(1, this.host.clientWidth - MARGIN.left - MARGIN.right)
  }

  update(spec: ChartSpec): void {
    if (this.spec && moved(this.spec.xDomain, spec.xDomain)) this.closeTip()
    this.spec = spec
    inFrame(this.drawBase)
  }

  /** The points outside the y range, at most a list of them. */
  clipped(): ClippedPoint[] {
    const { scene } = this
    return scene ? clippedPoints(scene.drawn, scene.sx, scene.sy, CLIPPED_LISTED) : []
  }

  /** The theme has changed. */
  redraw(): void {
    inFrame(this.drawBase)
  }

  /** What a figure of this chart is drawn from; null while nothing is drawn. */
  get picture(): ChartPicture | null {
    const { scene } = this
    return scene && { scene, spec: scene.spec, valuesOf: (s) => this.valuesOf(s, scene.spec) }
  }

  private leave(): void {
    if (hoverStore.getState().chart !== this.id) return
    clearHover()
    hideTip()
  }

  /** The point of the tooltip is somewhere else now, or out of sight. */
  private closeTip(): void {
    if (hoverStore.getState().chart === this.id) hideTip()
  }

  private resize(): void {
    const r = window.devicePixelRatio || 1
    const at = this.host.getBoundingClientRect()
    const box = pixelBox(at, r)
    this.bottom = at.height - box.top
    const old = this.box
    const isSame = box.left === old.left && box.top === old.top && box.width === old.width && box.height === old.height
    if (isSame && r === this.ratio) return
    this.box = box
    this.width = box.width
    this.height = box.height
    this.ratio = r
    this.closeTip()
    inFrame(this.drawBase)
  }

  private fitCanvas(c: HTMLCanvasElement): void {
    const w = Math.max(1, Math.round(this.width * this.ratio))
    const h = Math.max(1, Math.round(this.height * this.ratio))
    if (c.width !== w) c.width = w
    if (c.height !== h) c.height = h
    if (this.placed.get(c) === this.box) return
    this.placed.set(c, this.box)
    placeCanvas(c, this.box)
  }

  /** What is drawn strongest of a series: its own values, or the smoothed ones. */
  private valuesOf(s: Series, { smoothing: how, distance, isWhole }: ChartSpec): Float64Array {
    if (how === null) return s.last
    if (s.smooth) return s.smooth
    if (!isWhole || distance === 0) return s.last
    const known = this.smoothed.get(s)
    if (known && known.how === how && known.distance === distance) return known.values
    const values = smooth(s.x, s.last, how, distance)
    this.smoothed.set(s, { how, distance, values })
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
    const steps = this.pictureSteps(spec, started)
    const next = () => {
      try {
        return steps.next().done === true
      } catch (e) {
        this.busySince = 0
        throw e
      }
    }
    const done = () => {
      this.busySince = 0
      if (!this.again) return
      this.again = false
      inFrame(this.drawBase)
    }
    inSlices(next, () => job === this.job, done)
  }

  /** Makes one picture, step by step; the one that is shown stays until it is done. */
  private *pictureSteps(spec: ChartSpec, started: number): Generator<void> {
    const p = palette()
    this.top.font = `11px ${p.font}`
    const measure = (label: string) => this.top.measureText(label).width
    const { scene, extent, fitted, clipped, outside, work, ownY } = yield* layoutSteps(
      spec,
      this.width,
      this.height,
      measure,
      (s) => this.valuesOf(s, spec),
    )
    const { box, sx, sy, drawn, groupLines } = scene
    const notes = yield* noteSteps(scene, extent, clipped, outside, this.ratio)
    this.tell(ownY ? { ...notes, ownY } : notes)

    const isGrouped = groupLines.length > 0
    const isRaster = !isGrouped && drawn.length > MANY
    if (isRaster) yield* rasterSteps(this.kit, rasterPasses(scene), box, this.ratio, sx, sy, spec.gaps, p)
    // Much to draw with paths: in slices on a separate canvas.
    const isSliced = !isGrouped && !isRaster && work >= SMALL_WORK
    const canvas = isSliced ? (this.back ??= document.createElement('canvas')) : this.base
    const ctx = isSliced ? canvas.getContext('2d', { willReadFrequently: true })! : this.ctx
    this.fitCanvas(canvas)
    this.begin(ctx, p.bg)
    // An axis from 0 to 1 would say that something was measured there.
    if (!notes.nothing) drawAxes(ctx, box, { axis: spec.xAxis, yTitle: yTitle(spec), sx, sy, height: this.bottom }, p)
    if (isRaster) this.placeRaster(ctx, box)
    this.clip(ctx, box)
    const dots: Dots[] = []
    if (isGrouped) drawGroups(ctx, scene, dots)
    else {
      if (!isRaster) {
        for (const step of lineSteps(ctx, scene, dots)) {
          void step
          if (!isSliced) continue
          // Drawing is recorded and painted later; reading a pixel paints it now, so that the clock tells the truth.
          ctx.getImageData(0, 0, 1, 1)
          yield
        }
      }
      for (const d of drawn) if (isStrong(d, spec)) strongLine(ctx, d, scene, dots)
      drawLiveEnds(ctx, scene)
      drawResumed(ctx, scene)
    }
    ctx.restore()
    drawDots(ctx, box, dots)
    drawMarks(ctx, scene, fitted, clipped)
    drawEnds(ctx, scene)
    if (isSliced) {
      ctx.getImageData(0, 0, 1, 1)
      yield
      this.fitCanvas(this.base)
      this.ctx.setTransform(1, 0, 0, 1, 0, 0)
      this.ctx.drawImage(canvas, 0, 0)
    }
    if (this.scene === null) setTimeout(() => this.scene && rehearse(this.scene), REHEARSAL_MS)
    this.scene = scene
    this.hoverGroup.forget()
    this.host.dataset.baseDraws = String(Number(this.host.dataset.baseDraws ?? 0) + 1)
    // For tests that compare pixels with values.
    this.host.dataset.plot = [box.left, box.top, box.width, box.height, ...sx.domain, ...sy.domain].join(' ')
    this.host.dataset.drawMs = (performance.now() - started).toFixed(1)
    this.drawOverlay()
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

  private placeRaster(ctx: CanvasRenderingContext2D, box: Box): void {
    const { left, top } = plotPixels(box, this.ratio)
    ctx.putImageData(this.kit.picture, left, top)
  }

  private tell(notes: ChartNotes): void {
    const text = JSON.stringify(notes)
    if (text === this.lastNotes) return
    this.lastNotes = text
    this.events.onNotes(notes)
  }

  readonly drawOverlay = (): void => {
    const { scene, top: ctx } = this
    if (!scene || this.width === 0) return
    const started = performance.now()
    this.fitCanvas(this.overlay)
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height)
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
    drawOverlay(ctx, this.id, scene, this.ratio, this.pointer.drag, (key) => {
      const canvas = this.hoverGroup.of(key, scene, this.overlay, this.ratio, () => inFrame(this.drawOverlay))
      if (canvas === null) return
      ctx.setTransform(1, 0, 0, 1, 0, 0)
      ctx.drawImage(canvas, 0, 0)
      ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
    })
    this.host.dataset.overlayMs = (performance.now() - started).toFixed(2)
  }
}
