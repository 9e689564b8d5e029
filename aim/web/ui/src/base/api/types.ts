// The shapes of /api/v1, as the server documents them at /openapi.json.

import { WholeFloat, type Whole } from './json'

export type Status = 'running' | 'stalled' | 'finished' | 'failed' | 'interrupted' | 'crashed'
export type Params = { readonly [key: string]: unknown }
export type Context = Readonly<Record<string, unknown>>

/** The headline metric of a run. */
export interface Headline {
  name: string
  context: Context
  /** Whether lower or higher is better, where people said so. */
  goal?: 'min' | 'max' | null
}

/** How far a run at work is. */
export interface RunProgress {
  unit: 'step' | 'epoch'
  at: Whole
  total: number
  /** The param that names the total. */
  param: string
  /** Null: too few steps to tell. */
  seconds_left: number | null
}

export interface ExperimentCount {
  name: string
  runs: number
  /** Set by people; null: chosen by Aim for each run. */
  headline: Headline | null
}

export interface Info {
  version: string
  repo_path: string
  read_only: boolean
  /** The address that other machines can open; null if the server listens at one address. */
  elsewhere?: string | null
  needs_token?: boolean
  runs: number
  active_runs: number
  archived_runs: number
  points: number
  size_bytes: number
  experiments: ExperimentCount[]
  /** Kinds of files that runs can be exported to. */
  exports: string[]
  catching_up: { done: number; total: number } | null
  now: number
}

export interface RunRow {
  /** Of its colour; see base/runColours. */
  slot?: number | null
  hash: string
  name: string
  experiment: string
  status: Status
  created_at: number
  ended_at: number | null
  duration: number | null
  tags: string[]
  archived: boolean
  source: string
  description: string
  lost_points: number
  /** Values in the order of the columns that were asked for; `valueOf` reads them. */
  cells?: unknown[]
  at?: ReadonlyMap<string, number>
}

/** The value of a param or a metric column; undefined where the run has none. */
export function valueOf(row: RunRow, column: string): unknown {
  const i = row.at?.get(column)
  const v = i === undefined ? undefined : row.cells![i]
  if (v === null || v === undefined) return undefined
  return typeof v === 'object' && '$none' in v ? null : v
}

/** The value of a column as a number to reckon with; integers beyond 2^53 as the nearest. */
export function numberOf(row: RunRow, column: string): number | undefined {
  const v = valueOf(row, column)
  return typeof v === 'number' ? v : typeof v === 'bigint' || v instanceof WholeFloat ? Number(v) : undefined
}

export interface RunsResult {
  total: number
  matched: number
  offset: number
  rows: RunRow[]
  /** Where the server picked them. */
  columns?: string[]
  /** [row, cell, JSON] of the cells that hold floats without a fraction. */
  exact?: [number, number, string][]
  known?: ColumnsResult
  hints: string[]
  took_ms: number
  /** While the index catches up for the first time: how many runs are missing (0: not known); null: none. */
  behind?: number | null
}

export interface ColumnsResult {
  params: { path: string; name?: string; count: number; distinct: number; kinds: string[] }[]
  metrics: { name: string; context: string; count: number; goal: 'min' | 'max' | null }[]
}

/** How the values of a column spread. Few different numbers are `values`, many fall into `bins`. */
export interface Spread {
  runs: number
  missing: number
  infinite: number
  min: Whole | null
  max: Whole | null
  /** The same without outliers. */
  low?: Whole | null
  high?: Whole | null
  values: { value: Whole | string; count: number }[]
  more_values: number
  bins: { from: Whole; to: Whole; count: number }[]
}

export interface Note {
  id: string
  text: string
  created_at: number
  edited_at: number | null
}

export interface NoteHistory {
  id: string
  /** Oldest first; null where it was deleted. */
  history: { text: string | null; at: number }[]
}

export interface SequenceSummary {
  id?: string
  name: string
  context: Context
  count: number
  last: number | null
  min: number | null
  max: number | null
  first_step: Whole
  last_step: Whole
  /** Points of earlier attempts, which a later one went back over; the other numbers are of those that are shown. */
  hidden_points: number
  last_time: number | null
  /** 0: the most telling metric of the run, by its name. */
  rank?: number
}

/** A process that opened a run. */
export interface RunWriter {
  readonly id: string
  readonly role: string
  readonly attempt: number
  readonly rank: number
  readonly reason: string | null
  readonly error?: { readonly type: string; readonly message: string } | null
}

export interface RunDetail extends Omit<RunRow, 'cells' | 'at'> {
  params: Params
  /** Paths of the first ones to look at. */
  key_params?: string[]
  notes: Note[]
  /** By kind. */
  records: Readonly<Record<string, readonly unknown[]>>
  sequences: SequenceSummary[]
  attempts?: number | unknown[]
  /** Of its sequences together. */
  hidden_points: number
  attempt?: number
  writers?: readonly RunWriter[]
  loss: {
    lost_points: number
    lost_events: number
    rejected: number
    unsynced: number
    causes: readonly { cause: string; count: number }[]
  }
  error: { type: string; message: string } | null
  environment: Record<string, unknown>
  version: string
  /** It is in the trash. */
  deleted: boolean
  /** Null for a run that Aim recorded. */
  in_place: InPlace | null
  /** As in HomeRow. */
  progress?: RunProgress | null
}

/** Logs of another tool that are read in place, and what of them is not shown. */
export interface InPlace {
  places: string[]
  runs: number
  not_shown: { kind: string; count: number }[]
  problems: string[]
  problem_count: number
}

/** A run that the address of one that is not there may have meant. */
export interface NearRun {
  hash: string
  name: string
  experiment: string
  deleted: boolean
}

/** A deleted run that can be restored; without a name where its files cannot be read. */
export interface TrashedRun {
  hash: string
  name: string
  experiment: string
  created_at: number | null
  deleted_at: number | null
}

export interface Trash {
  /** Those that are not listed, too. */
  total: number
  runs: TrashedRun[]
}

export interface MetricRun {
  /** Of its colour; see base/runColours. */
  slot?: number | null
  name: string
  experiment: string
  status: Status
  created_at: number
  tags: string[]
  params: Params
}

export interface MetricSequence {
  id: string
  run: string
  name: string
  context: Context
  count: number
  first_step: Whole
  last_step: Whole
  last: number | null
  min: number | null
  max: number | null
  nan_count: number
  /** As in SequenceSummary. */
  hidden_points: number
  /** Of an expression: which steps it has values at, in words. */
  common?: string
  /** Of an expression: what it is computed from. */
  operands?: string[]
}

/** What was found of one expression. */
export interface ExpressionFound {
  text: string
  /** One number a run: a column, not a curve. */
  is_number: boolean
  matched: number
  /** In how many runs; fewer than `matched` where some have several values, in several contexts. */
  runs: number
  shown: number
  hints: string[]
  error: ExpressionError | null
}

export interface ExpressionError {
  message: string
  line: number | null
  column: number | null
  expected: string | null
  suggestions: string[]
}

export interface MetricsResult {
  total?: number
  matched_runs: number
  matched_sequences: number
  truncated: boolean
  runs: Record<string, MetricRun>
  sequences: MetricSequence[]
  /** [run, keys, JSON] of the params that hold floats without a fraction. */
  exact?: [string, string[], string][]
  /** Of the metrics, the most telling first. */
  names?: string[]
  /** In the order they were asked for. */
  expressions?: ExpressionFound[] | null
  hints: string[]
  took_ms: number
  /** While the index catches up for the first time: how many runs are missing (0: not known); null: none. */
  behind?: number | null
}

/** One point in full. */
export interface Point {
  step: Whole
  epoch: number | null
  /** Unix, in seconds. */
  time: number
  /** Seconds since the run started. */
  relative_time: number
  value: number
  /** Where the last point before `until` is on the axis; null where none was asked for. */
  end: number | null
}

export interface Names {
  fields: (string | { name: string })[]
  metrics: { name: string; count: number }[]
  /** Those of TensorBoard logs, which are written `tf:name`. */
  tf_metrics: { name: string; count: number }[]
  /** `name`: the shortest that means this one alone. */
  params: { path: string; name?: string; count: number }[]
  contexts: { key: string; values: { value: unknown; count: number }[] }[]
  experiments: (string | { name: string })[]
  tags: (string | { name?: string; tag?: string })[]
}

/** Where words occur, and the queries that find these runs. */
export interface Words {
  q: string
  found: { what: string; text: string; runs: number; q: string }[]
  searched: string[]
}

/** A run of the first page; the headline is its most telling metric. */
export interface HomeRow extends RunRow {
  headline:
    | (Headline & {
        last: number | null
        last_step: Whole
        last_time: number | null
        spark: (number | null)[]
        /** The best value of the run at any step; null without a goal. */
        best?: number | null
        /** The best value that another run of the experiment reached. */
        best_of_others?: number | null
      })
    | null
  /** Null for a run that has ended, or whose params name no total. */
  progress?: RunProgress | null
  /** Seconds since the last point of a run that is running, where that is long for this run. */
  quiet_s?: number | null
}

export interface Home {
  active: HomeRow[]
  recent: HomeRow[]
  activity: { day: string; runs: number }[]
  totals: Record<string, number>
  experiments: ExperimentCount[]
  in_place: InPlace | null
  /** Runs that are in no answer since their files cannot be read: how many, and the first ones. */
  unreadable: { count: number; runs: { hash: string; reason: string }[] }
  /** What happened since the moment that was asked for. */
  since?: {
    at: number
    ended: number
    /** Failed or crashed. */
    failed: number
    /** Runs that beat all others of their experiment. */
    bests: { experiment: string; hash: string; name: string; value: number }[]
  } | null
}

/** How far the recording of demo data is. */
export interface Demo {
  state: 'none' | 'running' | 'done' | 'failed'
  done: number
  total: number
  message: string
}

export interface RunEdit {
  base_version?: string
  name?: string
  description?: string
  experiment?: string
  archived?: boolean
  add_tags?: string[]
  remove_tags?: string[]
  note?: { id?: string; text: string | null }
}

export type BulkAction = 'archive' | 'unarchive' | 'delete' | 'restore' | 'add_tag' | 'remove_tag'

export interface BulkResult {
  done: string[]
  failed: { hash: string; message: string }[]
}

export interface LiveChange {
  runs: string[]
  new_runs: string[]
  removed: string[]
  at: number
}

export interface SortKey {
  readonly by: string
  readonly desc: boolean
}

export type Attempts = 'latest' | 'all'

export type SmoothingKind = 'ema' | 'gaussian' | 'mean'

export interface Smoothing {
  readonly kind: SmoothingKind
  /** ema: the weight, below 1. gaussian: standard deviation, mean: width of the window; both in distances between points. */
  readonly amount: number
  /** Rare far values do not count. */
  readonly trim?: boolean
}

export interface HelpSection {
  /** As GitHub names the heading. */
  readonly id: string
  readonly title: string
  readonly level: number
}

export interface HelpGroup {
  readonly title: string
  readonly pages: readonly {
    readonly name: string
    readonly title: string
    readonly sections: readonly HelpSection[]
  }[]
}

/** A section of a page that holds all words of a search. */
export interface HelpHit {
  readonly page: string
  readonly page_title: string
  readonly id: string
  readonly title: string
  readonly line: string
}

export interface Help {
  readonly groups: readonly HelpGroup[]
  readonly hits: readonly HelpHit[]
}

export interface HelpText {
  readonly name: string
  readonly title: string
  readonly text: string
}
