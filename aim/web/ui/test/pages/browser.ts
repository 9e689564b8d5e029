// What the pages need of a browser and happy-dom does not have, or has without doing anything.

import { vi } from 'vitest'

const SIZE = { width: 1200, height: 800 }

class Sizes {
  constructor(private readonly tell: (entries: unknown[]) => void) {}
  observe(target: Element): void {
    queueMicrotask(() => this.tell([{ target, contentRect: SIZE }]))
  }
  unobserve(): void {}
  disconnect(): void {}
}

class Sight {
  constructor(private readonly tell: (entries: unknown[]) => void) {}
  observe(target: Element): void {
    queueMicrotask(() => this.tell([{ target, isIntersecting: true }]))
  }
  unobserve(): void {}
  disconnect(): void {}
}

/** A stream of events on which nothing happens. */
class Silence extends EventTarget {
  readonly readyState = 0
  onerror = null
  close(): void {}
}

/** Takes every call of a canvas; texts are 7 px a letter. */
function context(canvas: HTMLCanvasElement): unknown {
  const methods: Record<string, unknown> = {
    canvas,
    measureText: (text: string) => ({ width: 7 * text.length }),
    getTransform: () => ({ a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 }),
    createImageData: (width: number, height: number) => ({
      width,
      height,
      data: new Uint8ClampedArray(4 * width * height),
    }),
  }
  return new Proxy(methods, {
    get: (target, name) => (name in target ? target[name as string] : () => undefined),
    set: (target, name, value) => {
      target[name as string] = value
      return true
    },
  })
}

export function standInBrowser(): void {
  vi.stubGlobal('ResizeObserver', Sizes)
  vi.stubGlobal('IntersectionObserver', Sight)
  vi.stubGlobal('EventSource', Silence)
  vi.stubGlobal(
    'Path2D',
    class {
      moveTo(): void {}
      lineTo(): void {}
      closePath(): void {}
      rect(): void {}
      arc(): void {}
      addPath(): void {}
    },
  )
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement) {
    return context(this)
  } as typeof HTMLCanvasElement.prototype.getContext
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, get: () => SIZE.width })
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => SIZE.height })
  HTMLElement.prototype.getBoundingClientRect = () => new DOMRect(0, 0, SIZE.width, SIZE.height)
}
