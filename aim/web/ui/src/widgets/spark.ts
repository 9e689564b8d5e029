// The path of a small line of values. Pure.

/** The position of a value between `lo` and `hi`, 0 to 1, even where these span the whole float64 range. */
export function shareBetween(value: number, lo: number, hi: number): number {
  if (!(hi > lo)) return 0.5
  // Halves of numbers that large lose nothing, and their difference is finite.
  return Number.isFinite(hi - lo) ? (value - lo) / (hi - lo) : (value / 2 - lo / 2) / (hi / 2 - lo / 2)
}

/** The `d` of an SVG path in a box of this size, in pixels; gaps where values are not finite. */
export function sparkPath(values: readonly (number | null)[], width: number, height: number): string {
  const finite = values.filter((v): v is number => v !== null && Number.isFinite(v))
  const lo = Math.min(...finite)
  const hi = Math.max(...finite)
  let d = ''
  let down = false
  values.forEach((v, i) => {
    if (v === null || !Number.isFinite(v)) {
      down = false
      return
    }
    const x = values.length > 1 ? 2 + ((width - 6) * i) / (values.length - 1) : width / 2
    const y = 3 + (height - 6) * (hi === lo ? 0.5 : 1 - shareBetween(v, lo, hi))
    d += `${down ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`
    down = true
  })
  return d
}
