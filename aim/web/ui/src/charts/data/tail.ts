// New points of a sequence that is already here: fetched from the last known position on, and appended.

import { lowerBound, type Series } from '../../base/series'

/** A sequence in buckets grows by single points, each of which is finer than a pixel; when there are this many times as
 * many as were asked for it is divided again. */
const GROWTH = 1.5

/** Where to begin to fetch: the last bucket or point, which may have grown. Null where all must be fetched. */
export function tailBegin(s: Series | undefined): number | null {
  // A new point may change every value of an expression.
  if (s?.id.includes('/expr:')) return null
  if (!s || s.x.length === 0 || s.smooth || s.positive || s.nonfinite.length !== s.nonfiniteTotal) return null
  return s.x[s.x.length - 1]!
}

/**
 * The sequences of which a tail could be appended.
 *
 * @param known What is here.
 * @param tails What came, each from `tailBegin` on.
 * @param buckets Into how many a sequence is divided.
 */
export function appendTails(known: ReadonlyMap<string, Series>, tails: readonly Series[], buckets: number): Series[] {
  // Sequences with equal steps share one array, also afterwards.
  const joined = new Map<Float64Array, Map<Float64Array, Float64Array>>()
  const join = (a: Float64Array, kept: number, b: Float64Array, from: number): Float64Array => {
    let of = joined.get(a)
    if (!of) joined.set(a, (of = new Map()))
    const made = of.get(b)
    if (made) return made
    const all = concat(a, kept, b, from)
    of.set(b, all)
    return all
  }
  const out: Series[] = []
  for (const tail of tails) {
    const s = known.get(tail.id)
    const merged = s && append(s, tail, buckets, join)
    if (merged) out.push(merged)
  }
  return out
}

function append(s: Series, tail: Series, buckets: number, join: typeof concat): Series | null {
  const begin = tailBegin(s)
  if (begin === null || !tail.exact || tail.before === undefined) return null
  const kept = lowerBound(s.x, begin)
  const nonfinite = s.nonfinite.filter(([x]) => x < begin)
  let own = s.nonfinite.length - nonfinite.length
  for (let i = kept; i < s.x.length; i++) own += s.count ? s.count[i]! : 1
  // Points that came in before are not in what is here: a run was resumed, or recorded out of order.
  if (tail.before !== s.total - own) return null
  // The answer begins with the neighbour before.
  const from = lowerBound(tail.x, begin)
  const n = kept + tail.x.length - from
  if (n > (s.exact ? buckets : GROWTH * buckets)) return null
  const grown = (a: Float64Array | null) => a && concat(a, kept, tail.last, from)
  const count = s.count && new Float64Array(n).fill(1)
  if (count) count.set(s.count!.subarray(0, kept))
  return {
    ...s,
    x: join(s.x, kept, tail.x, from),
    last: concat(s.last, kept, tail.last, from),
    first: grown(s.first),
    min: grown(s.min),
    max: grown(s.max),
    count,
    total: tail.before + tail.total,
    ...(tail.resumed ? { resumed: tail.resumed } : {}),
    nonfinite: [...nonfinite, ...tail.nonfinite],
    nonfiniteTotal: nonfinite.length + tail.nonfiniteTotal,
  }
}

function concat(a: Float64Array, kept: number, b: Float64Array, from: number): Float64Array {
  const all = new Float64Array(kept + b.length - from)
  all.set(a.subarray(0, kept))
  all.set(b.subarray(from), kept)
  return all
}
