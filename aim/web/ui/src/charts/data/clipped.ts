// The points beyond the y range, for a list of them.

import type { Scale } from './scales'
import { lowerBound, type Series } from '../../base/series'

export interface ClippedPoint {
  readonly key: string
  readonly run: string
  readonly label: string
  readonly metric: string
  readonly x: number
  /** The largest of a bucket above the range, the smallest of one below. */
  readonly value: number
  /** It stands for this many points. */
  readonly points: number
}

interface Line {
  readonly line: Pick<ClippedPoint, 'key' | 'run' | 'label' | 'metric'>
  readonly series: Series
}

/** At most `most` points that are in the x range and not in the y range: those above, largest first, then those below, smallest first. */
export function clippedPoints(lines: readonly Line[], sx: Scale, sy: Scale, most: number): ClippedPoint[] {
  const [x0, x1] = sx.domain
  const [y0, y1] = sy.domain
  const out: ClippedPoint[] = []
  for (const { line, series: s } of lines) {
    const { key, run, label, metric } = line
    for (let i = lowerBound(s.x, x0); i < s.x.length && s.x[i]! <= x1; i++) {
      const high = s.max?.[i] ?? s.last[i]!
      const low = s.min?.[i] ?? s.last[i]!
      const points = s.count?.[i] ?? 1
      if (high > y1) out.push({ key, run, label, metric, x: s.x[i]!, value: high, points })
      // What a log axis hides is not clipped.
      if (low < y0 && !(sy.kind === 'log' && low <= 0))
        out.push({ key, run, label, metric, x: s.x[i]!, value: low, points })
    }
  }
  const below = (p: ClippedPoint) => Number(p.value < y0)
  out.sort((a, b) => below(a) - below(b) || (below(a) ? a.value - b.value : b.value - a.value))
  return out.slice(0, most)
}
