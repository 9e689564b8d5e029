// The headline sequences of a run: the metric that people set for its experiment, then those that tell most by their
// names: the server ranks them, for the columns of the runs table as well.

import { useQuery } from '@tanstack/react-query'
import { api } from '../../base/api/client'
import type { Headline, RunDetail, SequenceSummary } from '../../base/api/types'

export function sequenceId(run: RunDetail, s: SequenceSummary, i: number): string {
  return s.id ?? `${run.hash}/${i}`
}

export function sameContext(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((k) => a[k] === b[k])
}

function rank(s: SequenceSummary, headline: Headline | null): number {
  if (headline && s.name === headline.name && sameContext(s.context, headline.context)) return -1
  return s.rank ?? 0
}

/** All sequences, the most important ones first. */
export function ranked(sequences: readonly SequenceSummary[], headline: Headline | null): SequenceSummary[] {
  return sequences
    .map((s, i) => ({ s, i, r: rank(s, headline) }))
    .sort((a, b) => a.r - b.r || a.i - b.i)
    .map((o) => o.s)
}

const SPARK_BUCKETS = 40
/** A run that is going on is looked at again so often. */
const SPARK_STALE_MS = 5000

/** Ids of sequences by the steps they span: those asked for together share the edges of their buckets. */
export function bySpan(sequences: readonly SequenceSummary[]): string[][] {
  const groups = new Map<string, string[]>()
  for (const s of sequences) {
    if (!s.id) continue
    const key = `${s.first_step} ${s.last_step}`
    groups.set(key, [...(groups.get(key) ?? []), s.id])
  }
  return [...groups.values()]
}

/** A few values of each sequence, its minima and maxima among them, by id. */
export function useSparks(
  sequences: readonly SequenceSummary[],
  lastStep: number,
): ReadonlyMap<string, (number | null)[]> {
  const ids = sequences.flatMap((s) => (s.id ? [s.id] : []))
  const found = useQuery({
    queryKey: ['sparks', ids, Math.floor(lastStep)],
    queryFn: async ({ signal }) => {
      const out = new Map<string, (number | null)[]>()
      // A short sequence beside a long one would come as one or two of its buckets.
      await Promise.all(
        bySpan(sequences).map((together) =>
          api.frames(
            {
              sequences: together,
              x: 'step',
              attempts: 'latest',
              buckets: SPARK_BUCKETS,
              range: null,
              smoothing: null,
            },
            (series) => {
              for (const s of series) {
                const values: (number | null)[] = []
                for (let i = 0; i < s.last.length; i++) {
                  if (s.min && s.max && (s.count?.[i] ?? 1) > 1) values.push(s.min[i]!, s.max[i]!)
                  values.push(s.last[i]!)
                }
                out.set(s.id, values)
              }
            },
            signal,
          ),
        ),
      )
      return out
    },
    enabled: ids.length > 0,
    staleTime: SPARK_STALE_MS,
    gcTime: 2 * SPARK_STALE_MS,
    placeholderData: (before) => before,
    retry: false,
  })
  return found.data ?? NONE
}

const NONE: ReadonlyMap<string, (number | null)[]> = new Map()
