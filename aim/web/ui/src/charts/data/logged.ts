// What a sequence had last logged at some place of the x axis: the value that a crosshair there stands for.

import { lowerBound, type Series } from '../../base/series'

export interface Logged {
  /** Where it was logged, at the place or before it. */
  at: number
  /** NaN and infinities as they were logged; NaN too where only the extremes are known. */
  value: number
  /** The value, or the extremes of the bucket that reaches over the place: which of its points is the last is not known here. */
  lo: number
  hi: number
}

/** Memory for one answer, so that a move of the pointer makes no objects. */
export function noLogged(): Logged {
  return { at: NaN, value: NaN, lo: NaN, hi: NaN }
}

/** Index of the last point at or before `x`; -1 before the first. */
export function indexAt(xs: Float64Array, x: number): number {
  const i = lowerBound(xs, x)
  if (i < xs.length && xs[i] === x) {
    // Of several points at one place the last one counts.
    let last = i
    while (last + 1 < xs.length && xs[last + 1] === x) last++
    return last
  }
  return i - 1
}

/** Fills `out` with what was last logged at or before `x`; false before the first point. */
export function lastLogged(s: Series, x: number, out: Logged): boolean {
  const i = indexAt(s.x, x)
  const at = i < 0 ? -Infinity : s.x[i]!
  const inBucket = i >= 0 && s.count !== null && s.count[i]! > 1
  const mark = markAt(s.nonfinite, x)
  if (mark >= 0) {
    const [where, kind] = s.nonfinite[mark]!
    if (where > at && (!inBucket || where === x)) {
      out.at = where
      out.value = out.lo = out.hi = kind === 'inf' ? Infinity : kind === '-inf' ? -Infinity : NaN
      return true
    }
  }
  if (i < 0) return false
  out.at = at
  if (inBucket && x > at) {
    out.lo = s.min?.[i] ?? s.last[i]!
    out.hi = s.max?.[i] ?? s.last[i]!
    out.value = out.lo === out.hi ? out.lo : NaN
  } else out.value = out.lo = out.hi = inBucket ? (s.first?.[i] ?? s.last[i]!) : s.last[i]!
  return true
}

/** Index of the last mark at or before `x`; -1 before the first. */
function markAt(marks: readonly (readonly [number, string])[], x: number): number {
  let lo = 0
  let hi = marks.length
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (marks[mid]![0] <= x) lo = mid + 1
    else hi = mid
  }
  return lo - 1
}
