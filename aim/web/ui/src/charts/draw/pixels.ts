// Canvases on whole device pixels: a column of a grid may begin at a fraction of one, and its picture would be blurred.

/** The device pixels that are wholly inside of an element, in CSS px from its left top corner. */
export interface PixelBox {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Less of a pixel than this is what computing with fractions adds. */
const NOTHING = 1e-3

export function pixelBox(at: PixelBox, ratio: number): PixelBox {
  const inside = (from: number, length: number) => {
    const begin = Math.ceil(from * ratio - NOTHING) / ratio
    const end = Math.floor((from + length) * ratio + NOTHING) / ratio
    return [begin - from, Math.max(0, end - begin)] as const
  }
  const [left, width] = inside(at.left, at.width)
  const [top, height] = inside(at.top, at.height)
  return { left, top, width, height }
}

/** Puts a canvas there. */
export function placeCanvas({ style }: HTMLCanvasElement, { left, top, width, height }: PixelBox): void {
  style.left = `${left}px`
  style.top = `${top}px`
  style.width = `${width}px`
  style.height = `${height}px`
}
