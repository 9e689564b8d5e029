// How the values of a column spread over the runs that the query finds. A bar filters by its range.

import { useQuery } from '@tanstack/react-query'
import { api } from '../../../base/api/client'
import type { Whole } from '../../../base/api/json'
import type { Spread } from '../../../base/api/types'
import { DIGITS, digitsTelling, exactText, formatCount, formatNumber } from '../../../base/format'
import css from './columns.module.css'

interface Props {
  /** Sort key of the column. */
  readonly column: string
  readonly q: string
  /** All values are True or False. */
  readonly isBool: boolean
  /** Writes the value or range into the query; null: no query can name this column. */
  readonly onFilter: ((terms: readonly { operator: '==' | '>=' | '<' | '<='; value: string }[]) => void) | null
}

export function useSpread(column: string | null, q: string) {
  return useQuery({
    queryKey: ['spread', column, q],
    queryFn: ({ signal }) => api.spread(column!, q, signal),
    enabled: column !== null,
    staleTime: 30_000,
    retry: false,
  })
}

export function Histogram({ column, q, isBool, onFilter }: Props) {
  const { data, error } = useSpread(column, q)
  if (error) return <p className={css.note}>{error.message}</p>
  if (!data) return <p className={css.note}>Counting …</p>
  const text = (v: Whole | string) => (isBool ? (v === 1 ? 'True' : 'False') : exactText(v) || 'empty text')
  const literal = (v: Whole | string) =>
    isBool ? (v === 1 ? 'True' : 'False') : typeof v === 'string' ? JSON.stringify(v) : String(v)
  const first = data.bins[0]
  const digits = first
    ? digitsTelling(
        Number(first.to) - Number(first.from),
        Math.max(Math.abs(Number(data.min)), Math.abs(Number(data.max))),
      )
    : DIGITS
  const end = (v: Whole | null) => (typeof v === 'bigint' ? String(v) : formatNumber(v, digits))
  const most = Math.max(1, ...data.bins.map((b) => b.count), ...data.values.map((v) => v.count))
  return (
    <div>
      {data.bins.length > 0 && (
        <div className={css.bins} role="group" aria-label="Histogram">
          {data.bins.map((b, i) => {
            const last = i === data.bins.length - 1
            const label = `${end(b.from)} to ${end(b.to)}: ${formatCount(b.count)} runs`
            return (
              <button
                key={b.from}
                type="button"
                className={css.bin}
                disabled={!onFilter || b.count === 0}
                title={label}
                aria-label={onFilter ? `Filter to ${label}` : label}
                onClick={() =>
                  onFilter?.([
                    { operator: '>=', value: String(b.from) },
                    { operator: last ? '<=' : '<', value: String(b.to) },
                  ])
                }
              >
                <span style={{ height: `${b.count === 0 ? 0 : Math.max(4, (100 * b.count) / most)}%` }} />
              </button>
            )
          })}
        </div>
      )}
      {data.bins.length > 0 && (
        <div className={css.ends}>
          <span>{end(data.min)}</span>
          <span>{end(data.max)}</span>
        </div>
      )}
      {data.values.length > 0 && (
        <div className={css.values} role="group" aria-label="Values">
          {data.values.map((v) => (
            <button
              key={`${typeof v.value} ${v.value}`}
              type="button"
              className={css.value}
              disabled={!onFilter}
              aria-label={`${onFilter ? 'Filter to ' : ''}${text(v.value)}: ${formatCount(v.count)} runs`}
              onClick={() => onFilter?.([{ operator: '==', value: literal(v.value) }])}
            >
              <span className={css.bar} style={{ width: `${(100 * v.count) / most}%` }} />
              <span className={css.valueText}>{text(v.value)}</span>
              <span className={css.count}>{formatCount(v.count)}</span>
            </button>
          ))}
        </div>
      )}
      <p className={css.note}>{summary(data)}</p>
    </div>
  )
}

function summary(s: Spread): string {
  const parts = [`${formatCount(s.runs - s.missing)} of ${formatCount(s.runs)} runs have a value`]
  if (s.infinite > 0) parts.push(`${formatCount(s.infinite)} infinite`)
  if (s.more_values > 0) parts.push(`${formatCount(s.more_values)} rarer values are not shown`)
  return parts.join(' · ')
}
