// What the heads of the runs table do to the view, and what they have to know of the columns.

import { useQueries } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { api } from '../../../base/api/client'
import type { ColumnsResult, Spread } from '../../../base/api/types'
import type { RunsView } from '../runsAddress'
import { withTerm } from '../../../parts/query/filterTerms'
import type { ColumnActions } from './ColumnMenu'
import { paramNames } from '../../../parts/fields/columns'
import { sortKey, toAddress } from '../../../parts/fields/columnLayout'

const NUMBERS = new Set(['number', 'int', 'float', 'nan', 'inf', '-inf'])

/** Params whose values are all numbers, and those whose values are all True or False. */
export function kindsOf(data: ColumnsResult | undefined): {
  numeric: ReadonlySet<string>
  booleans: ReadonlySet<string>
} {
  const params = (data?.params ?? []).filter((p) => p.kinds.length > 0)
  return {
    numeric: new Set(params.filter((p) => p.kinds.every((k) => NUMBERS.has(k))).map((p) => p.path)),
    booleans: new Set(params.filter((p) => p.kinds.every((k) => k === 'bool')).map((p) => p.path)),
  }
}

/** The ranges of the columns that are coloured by value. */
export function useSpreads(columns: readonly string[], q: string): ReadonlyMap<string, Spread> {
  return useQueries({
    queries: columns.map((c) => ({
      queryKey: ['spread', sortKey(c), q],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.spread(sortKey(c), q, signal),
      staleTime: 30_000,
      retry: false,
    })),
    combine: useCallback(
      (results: readonly { data: Spread | undefined }[]) =>
        new Map(columns.flatMap((c, i) => (results[i]?.data ? [[c, results[i].data] as const] : []))),
      [columns],
    ),
  })
}

export function useColumnActions(
  view: RunsView,
  q: string,
  list: readonly string[],
  data: ColumnsResult | undefined,
  change: (v: Partial<RunsView>) => void,
): { arrange: (list: readonly string[]) => void; actions: ColumnActions } {
  const arrange = useCallback((next: readonly string[]) => change({ columns: toAddress(next) }), [change])
  const actions = useMemo<ColumnActions>(() => {
    const toggled = (of: readonly string[], id: string) => (of.includes(id) ? of.filter((c) => c !== id) : [...of, id])
    return {
      q,
      group: view.group,
      pinned: view.pinned,
      heat: view.heat,
      list,
      names: paramNames(data),
      goals: new Map((data?.metrics ?? []).map((m) => [`${m.name}|${m.context}`, m.goal])),
      sort: (by, desc) => change({ sort: [{ by, desc }] }),
      filter: (terms) => change({ q: terms.reduce(withTerm, view.q) }),
      toggleGroup: (field) => change({ group: toggled(view.group, field) }),
      togglePin: (id) => change({ pinned: toggled(view.pinned, id) }),
      toggleHeat: (id) => change({ heat: toggled(view.heat, id) }),
      arrange,
      replace: (id, by) => {
        const renamed = (of: readonly string[]) => [...new Set(of.map((c) => (c === id ? by : c)))]
        change({
          columns: toAddress(renamed(list)),
          pinned: renamed(view.pinned),
          heat: renamed(view.heat),
          sort: view.sort.map((s) => (s.by === id ? { ...s, by } : s)),
        })
      },
    }
  }, [view, q, list, data, change, arrange])
  return { arrange, actions }
}
