// What the runs table knows of the search that it shows.

import type { ColumnsResult, RunRow } from '../../base/api/types'
import { NO_DIGITS, type ColumnDigits } from './columns/columnDigits'

export interface RunsState {
  /** The query that these rows answer. */
  readonly q: string
  /** Filled in place; `version` changes with it. */
  readonly rows: readonly (RunRow | undefined)[]
  /** The columns of the rows: those asked for, or those that the server picked. */
  readonly columns: readonly string[]
  readonly digits: ColumnDigits
  /** The params and metrics of all runs that match. */
  readonly known: ColumnsResult | undefined
  readonly matched: number
  readonly total: number
  readonly hints: readonly string[]
  readonly tookMs: number
  readonly error: unknown
  /** A first answer has come. */
  readonly ready: boolean
  readonly loading: boolean
  /** Runs that started since, match, and are not shown yet. */
  readonly fresh: number
  readonly version: number
}

export const EMPTY: RunsState = {
  q: '',
  rows: [],
  columns: [],
  digits: NO_DIGITS,
  known: undefined,
  matched: 0,
  total: 0,
  hints: [],
  tookMs: 0,
  error: null,
  ready: false,
  loading: true,
  fresh: 0,
  version: 0,
}
