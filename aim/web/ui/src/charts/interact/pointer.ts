// The pointer on a chart: hover, drags that zoom and pan, clicks that pin and select, the wheel.

import { clearHover, hoverStore, inFrame, pinStore } from '../../base/hover'
import { hoverAt, isInside } from './hovering'
import type { ChartEvents, Drag, Scene } from '../layout/model'
import { toValue, zoomDomain } from '../data/scales'
import { hideTip } from './tooltip'

export interface PointerTarget {
  readonly id: string
  readonly host: HTMLElement
  readonly scene: Scene | null
  readonly events: ChartEvents
  readonly drawOverlay: () => void
}

const DOUBLE_CLICK_MS = 250

export class Pointer {
  drag: Drag | null = null
  private at: { x: number; y: number } | null = null
  /** Where the chart stood at the last event: hover itself measures nothing. */
  private place: DOMRect | null = null
  private click = 0
  /** Ends the listeners of a tap. */
  private staying = new AbortController()

  /** `on` listens to an event of the overlay while the chart lives. */
  constructor(
    private readonly chart: PointerTarget,
    private readonly overlay: HTMLCanvasElement,
    on: <K extends keyof HTMLElementEventMap>(
      target: HTMLElement,
      type: K,
      f: (e: HTMLElementEventMap[K]) => void,
      options?: AddEventListenerOptions,
    ) => void,
  ) {
    on(overlay, 'pointermove', (e) => this.onMove(e))
    on(overlay, 'pointerleave', (e) => this.onLeave(e))
    on(overlay, 'pointercancel', () => this.onCancel())
    on(overlay, 'pointerdown', (e) => this.onDown(e))
    on(overlay, 'pointerup', (e) => this.onUp(e))
    on(overlay, 'dblclick', () => {
      clearTimeout(this.click)
      this.chart.events.onZoomBack()
    })
    on(overlay, 'wheel', (e) => this.onWheel(e), { passive: false })
  }

  destroy(): void {
    clearTimeout(this.click)
    this.staying.abort()
  }

  private where(e: MouseEvent): { x: number; y: number } {
    const r = (this.place = this.overlay.getBoundingClientRect())
    return { x: e.clientX - r.left, y: e.clientY - r.top }
  }

  private onMove(e: PointerEvent): void {
    const at = this.where(e)
    const { scene } = this.chart
    if (this.drag && scene) {
      const { box: b, sx } = scene
      this.drag.toX = Math.min(Math.max(at.x, b.left), b.left + b.width)
      this.drag.toY = Math.min(Math.max(at.y, b.top), b.top + b.height)
      if (this.drag.kind === 'pan') {
        const from = toValue(sx, this.drag.x)
        const to = toValue(sx, at.x)
        const [d0, d1] = sx.domain
        if (sx.kind === 'linear') this.chart.events.onZoom([d0 + from - to, d1 + from - to], null)
        this.drag.x = at.x
        return
      }
      inFrame(this.chart.drawOverlay)
    }
    this.at = at
    inFrame(this.hoverWork)
  }

  private onLeave(e: PointerEvent): void {
    this.at = null
    // A finger leaves with every tap: what it showed stays until the next one.
    if (this.drag || e.pointerType === 'touch') return
    this.letGo()
  }

  /** The browser has taken the finger over, to scroll. */
  private onCancel(): void {
    this.at = this.drag = null
    inFrame(this.chart.drawOverlay)
  }

  private readonly letGo = (): void => {
    this.staying.abort()
    clearHover()
    hideTip()
  }

  /** There was no hover before: the tap is the hover, which stays until the page is touched or scrolled elsewhere. */
  private tap(e: PointerEvent): void {
    this.at = this.where(e)
    this.hoverWork()
    this.at = null
    this.staying.abort()
    this.staying = new AbortController()
    const options = { capture: true, passive: true, signal: this.staying.signal }
    document.addEventListener('pointerdown', this.onElsewhere, options)
    document.addEventListener('scroll', this.letGo, options)
  }

  private readonly onElsewhere = (e: Event): void => {
    if (e.target !== this.overlay) this.letGo()
  }

  private onDown(e: PointerEvent): void {
    if (e.button !== 0) return
    const { x, y } = this.where(e)
    if (!this.chart.scene || !isInside(this.chart.scene, x, y)) return
    this.chart.host.focus({ preventScroll: true })
    this.overlay.setPointerCapture(e.pointerId)
    this.drag = { kind: e.altKey ? 'pan' : e.shiftKey ? 'xy' : 'x', x, y, toX: x, toY: y }
  }

  private onUp(e: PointerEvent): void {
    const drag = this.drag
    this.drag = null
    if (!drag || !this.chart.scene) return
    const { sx, sy } = this.chart.scene
    const moved = Math.abs(drag.toX - drag.x) > 4 || (drag.kind === 'xy' && Math.abs(drag.toY - drag.y) > 4)
    if (moved && drag.kind !== 'pan') {
      const x = [toValue(sx, Math.min(drag.x, drag.toX)), toValue(sx, Math.max(drag.x, drag.toX))] as [number, number]
      const y: [number, number] | null =
        drag.kind === 'xy' ? [toValue(sy, Math.max(drag.y, drag.toY)), toValue(sy, Math.min(drag.y, drag.toY))] : null
      this.chart.events.onZoom(x, y)
    } else if (!moved && drag.kind !== 'pan') {
      if (e.pointerType === 'touch') this.tap(e)
      const { run, group, x: at } = hoverStore.getState()
      const pin = pinStore.getState()
      // Where nothing is, a click lets go of what is pinned.
      const x = run === null && group === null && (pin.run !== null || pin.x !== null) ? null : at
      if (e.shiftKey) {
        if (run) this.chart.events.onSelect(run)
      } else {
        // A double click is not a pin: wait for its second half.
        clearTimeout(this.click)
        this.click = window.setTimeout(() => this.chart.events.onPin(run, x), DOUBLE_CLICK_MS)
      }
    }
    inFrame(this.chart.drawOverlay)
  }

  private onWheel(e: WheelEvent): void {
    if (!e.ctrlKey || !this.chart.scene) return
    e.preventDefault()
    const { x } = this.where(e)
    this.chart.events.onZoom(
      zoomDomain(this.chart.scene.sx, x, Math.exp(Math.max(-1, Math.min(1, e.deltaY / 200)))),
      null,
    )
  }

  private readonly hoverWork = (): void => {
    const { scene, host, id } = this.chart
    if (!this.at || !scene) return
    const started = performance.now()
    hoverAt(id, this.at, scene, this.place ?? this.overlay.getBoundingClientRect())
    host.dataset.hoverMs = (performance.now() - started).toFixed(2)
  }
}
