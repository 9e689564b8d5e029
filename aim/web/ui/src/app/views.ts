// The view state of each page and its form in the query string: short readable keys, defaults left out. Pure, so that a
// round trip can be tested.

import type { Attempts } from '../api/client'
import type { BandKind, LineKind } from '../charts/aggregate'
import type { XAxis } from '../charts/axis'
import type { Outliers } from '../charts/extent'
import { MOST, type Smoothing, type SmoothingKind } from '../charts/smooth'

export interface SortKey {
  readonly by: string
  readonly desc: boolean
}

export interface RunsView {
  readonly q: string
  readonly sort: readonly SortKey[]
  /** null: the columns are chosen for the data. */
  readonly columns: readonly string[] | null
  /** Fields and params whose values make the groups; empty: single runs. */
  readonly group: readonly string[]
  /** Columns that stay at the left. */
  readonly pinned: readonly string[]
  /** Columns whose cells are coloured by their values. */
  readonly heat: readonly string[]
  /** Widths that somebody gave to columns, CSS px. */
  readonly widths: Readonly<Record<string, number>>
}

export interface MetricsView {
  readonly q: string
  /** Charts whose name matches this pattern; empty: all. */
  readonly show: string
  readonly x: XAxis
  readonly xLog: boolean
  readonly colour: string
  readonly dash: string
  /** null: one chart per name and context. */
  readonly facets: readonly string[] | null
  readonly aggregate: { readonly line: LineKind; readonly band: BandKind } | null
  readonly smoothing: Smoothing | null
  readonly outliers: Outliers
  readonly yLog: readonly string[]
  readonly range: readonly [number, number] | null
  /** A zoom of one chart is the zoom of all. */
  readonly syncZoom: boolean
  /** Zooms by chart, while they are not in step. */
  readonly xRanges: Readonly<Record<string, readonly [number, number]>>
  /** Slots of colours that the user chose, by the value that is coloured. */
  readonly slots: Readonly<Record<string, number>>
  /** Fixed y ranges, by chart. */
  readonly yRanges: Readonly<Record<string, readonly [number, number]>>
  readonly gaps: boolean
  /** Whether points are shown that a later attempt of their run went back over. */
  readonly attempts: Attempts
  readonly focus: string | null
}

export interface Parsed<T> {
  readonly view: T
  /** Keys of the address that this page does not know. */
  readonly unknown: string[]
}

const X_AXES: readonly XAxis[] = ['step', 'epoch', 'relative_time', 'time']
const LINES: readonly LineKind[] = ['mean', 'median', 'min', 'max']
const BANDS: readonly BandKind[] = ['none', 'min-max', 'std', 'stderr', 'iqr']

export const RUNS_DEFAULT: RunsView = { q: '', sort: [{ by: 'created_at', desc: true }], columns: null, group: [], pinned: [], heat: [], widths: {} }
export const METRICS_DEFAULT: MetricsView = {
  q: '', show: '', x: 'step', xLog: false, colour: 'run', dash: '', facets: null, aggregate: null, smoothing: null, outliers: 'auto',
  yLog: [], range: null, syncZoom: true, xRanges: {}, slots: {}, yRanges: {}, gaps: false, attempts: 'latest', focus: null,
}

/** Characters that read well in an address stay as they are. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd')).replace(/%2C/g, ',').replace(/%3A/g, ':').replace(/%20/g, '+').replace(/%3D/g, '=').replace(/%2F/g, '/')
}

function join(parts: readonly (readonly [string, string])[]): string {
  return parts.length === 0 ? '' : `?${parts.map(([k, v]) => `${encode(k).replace(/=/g, '%3D')}=${encode(v)}`).join('&')}`
}

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i

function parseNumber(text: string): number | null {
  const n = NUMBER.test(text) ? Number(text) : NaN
  // No minus zero: it is written as 0.
  return Number.isFinite(n) ? n + 0 : null
}

function parseRange(text: string): readonly [number, number] | null {
  const ends = text.split(':').map(parseNumber)
  const [a, b] = ends
  return ends.length === 2 && a != null && b != null && a < b ? [a, b] : null
}

/** Digits after which a difference is less than a hundred thousandth of the range. */
const FINER = 5

/** A range with as many digits as its width deserves: a zoom on wall time needs ten, one on steps three. */
function formatRange([a, b]: readonly [number, number]): string {
  let ends = [a, b] as const
  for (let turn = 0; turn < 3; turn++) {
    const digits = FINER - Math.floor(Math.log10(ends[1] - ends[0]))
    const round = (n: number) => (digits > 0 && digits <= 100 ? Number(n.toFixed(digits)) : n) + 0
    const next = [round(ends[0]), round(ends[1])] as const
    // What is too fine for a fixed number of digits stays as it is.
    if (!(next[0] < next[1]) || (next[0] <= 0 && ends[0] > 0) || (next[0] === ends[0] && next[1] === ends[1])) break
    ends = next
  }
  return `${ends[0]}:${ends[1]}`
}

/** Keys in one value: joined by commas, a comma of their own behind a backslash. */
function joinKeys(keys: readonly string[]): string {
  return keys.map((k) => k.replace(/[\\,]/g, '\\$&')).join(',')
}

function splitKeys(text: string): string[] {
  const out: string[] = []
  let at = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && i + 1 < text.length) at += text[++i]!
    else if (text[i] === ',') {
      out.push(at)
      at = ''
    } else at += text[i]!
  }
  return [...out, at].filter(Boolean)
}

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)]

const NAMED = 60

/** A part of an address that a page leaves out, as its reader sees it. */
function leftOut(key: string, value: string): string {
  const text = value ? `${key}=${value}` : key || '='
  return text.length > NAMED ? `${text.slice(0, NAMED)}…` : text
}

const METRIC_COLUMN = /^metric:[^]*\|\{[^]*\|(last|min|max|first|count|best|best:min|best:max|at:\d{1,15})$/

/** A param, a field, or a metric as the server has it: it refuses others, and with them the whole table. */
function isColumn(id: string): boolean {
  return id !== '' && (!id.startsWith('metric:') || METRIC_COLUMN.test(id))
}

export function parseRuns(search: string): Parsed<RunsView> {
  let view = RUNS_DEFAULT
  const unknown: string[] = []
  for (const [key, value] of new URLSearchParams(search)) {
    if (key === 'q') view = { ...view, q: value }
    else if (key === 's') {
      const keys = splitKeys(value).map((s) => (s.startsWith('-') ? { by: s.slice(1), desc: true } : { by: s, desc: false })).filter((s) => isColumn(s.by))
      const sort = keys.filter((s, i) => keys.findIndex((o) => o.by === s.by) === i).slice(0, 3)
      if (sort.length > 0) view = { ...view, sort }
      else unknown.push(leftOut(key, value))
    } else if (key === 'col' && (value === '' || isColumn(value))) view = { ...view, columns: unique([...(view.columns ?? []), ...(value ? [value] : [])]) }
    else if (key === 'g' && value) view = { ...view, group: unique([...view.group, value]) }
    else if (key === 'pin' && value) view = { ...view, pinned: unique([...view.pinned, value]) }
    else if (key === 'heat' && value) view = { ...view, heat: unique([...view.heat, value]) }
    else if (key.startsWith('w.') && Number(value) >= 40 && Number(value) <= 2000) view = { ...view, widths: { ...view.widths, [key.slice(2)]: Number(value) } }
    else unknown.push(leftOut(key, value))
  }
  return { view, unknown }
}

export function formatRuns(v: RunsView): string {
  const parts: [string, string][] = []
  if (v.q) parts.push(['q', v.q])
  const sort = joinKeys(v.sort.map((s) => (s.desc ? '-' : '') + s.by))
  if (sort !== '-created_at') parts.push(['s', sort])
  for (const g of v.group) parts.push(['g', g])
  // One key per column: a metric column holds commas and braces of its own.
  if (v.columns) for (const c of v.columns.length > 0 ? v.columns : ['']) parts.push(['col', c])
  for (const c of v.pinned) parts.push(['pin', c])
  for (const c of v.heat) parts.push(['heat', c])
  for (const [c, width] of Object.entries(v.widths)) parts.push([`w.${c}`, String(width)])
  return join(parts)
}

const SMOOTHING_LETTERS: Record<SmoothingKind, string> = { ema: '', gaussian: 'g', mean: 'm' }

/** `0.6` is an exponential average, `g10` a Gaussian one, `m20` a running mean. */
function parseSmoothing(value: string): Smoothing | null {
  const kind: SmoothingKind = value.startsWith('g') ? 'gaussian' : value.startsWith('m') ? 'mean' : 'ema'
  const amount = parseNumber(value.slice(SMOOTHING_LETTERS[kind].length))
  return amount !== null && amount > 0 && amount <= MOST[kind] ? { kind, amount } : null
}

function formatSmoothing({ kind, amount }: Smoothing): string {
  return SMOOTHING_LETTERS[kind] + String(amount)
}

/** Keys whose name goes on with a metric, a chart or a value. */
function parseNamed(view: MetricsView, key: string, value: string): MetricsView | null {
  const cut = key.indexOf('.')
  const name = key.slice(cut + 1)
  if (cut < 0 || !name) return null
  const r = parseRange(value)
  switch (key.slice(0, cut)) {
    case 'y': return value === 'log' ? { ...view, yLog: unique([...view.yLog, name]) } : null
    case 'rx': return r && { ...view, xRanges: { ...view.xRanges, [name]: r } }
    case 'ry': return r && { ...view, yRanges: { ...view.yRanges, [name]: r } }
    case 'cs': return /^[1-8]$/.test(value) ? { ...view, slots: { ...view.slots, [name]: Number(value) - 1 } } : null
    default: return null
  }
}

/** The view with one key of the address taken in; null where that says nothing. */
function parseMetricsKey(view: MetricsView, key: string, value: string): MetricsView | null {
  switch (key) {
    case 'q': return { ...view, q: value }
    case 'm': return { ...view, show: value }
    case 'x': return X_AXES.includes(value as XAxis) || /^metric:./s.test(value) ? { ...view, x: value as XAxis } : null
    case 'xl': return value === 'log' ? { ...view, xLog: true } : null
    case 'c': return { ...view, colour: value }
    case 'd': return { ...view, dash: value }
    case 'f': return { ...view, facets: unique(splitKeys(value)) }
    case 'a': {
      const [line = '', band = 'min-max', ...more] = value.split(':')
      return LINES.includes(line as LineKind) && BANDS.includes(band as BandKind) && more.length === 0 ? { ...view, aggregate: { line: line as LineKind, band: band as BandKind } } : null
    }
    case 'sm': {
      const smoothing = parseSmoothing(value)
      return smoothing && { ...view, smoothing }
    }
    case 'out': {
      const outliers = value === 'off' || value === 'p1-p99' ? value : parseRange(value)
      return outliers && { ...view, outliers }
    }
    case 'r': {
      const range = parseRange(value)
      return range && { ...view, range }
    }
    case 'sync': return value === '0' ? { ...view, syncZoom: false } : null
    case 'gaps': return value === '1' ? { ...view, gaps: true } : null
    case 'attempts': return value === 'all' ? { ...view, attempts: value } : null
    case 'pin': return value ? { ...view, focus: value } : null
    default: return parseNamed(view, key, value)
  }
}

export function parseMetrics(search: string): Parsed<MetricsView> {
  let view = METRICS_DEFAULT
  const unknown: string[] = []
  for (const [key, value] of new URLSearchParams(search)) {
    const next = parseMetricsKey(view, key, value)
    if (next) view = next
    else unknown.push(leftOut(key, value))
  }
  return { view, unknown }
}

export const RUN_TABS = ['overview', 'params', 'metrics', 'notes'] as const
/** Of the params: what is sought, the run they are compared with, and whether they are JSON. */
const RUN_KEYS = ['find', 'vs', 'as']

/** The parts of an address that its page does not understand, and the address without them. */
export function checkAddress(path: string, search: string): { readonly unknown: readonly string[]; readonly clean: string } {
  if (path === '/runs' || path === '/runs/') {
    const { view, unknown } = parseRuns(search)
    return { unknown, clean: formatRuns(view) }
  }
  if (path === '/metrics') {
    const { view, unknown } = parseMetrics(search)
    return { unknown, clean: formatMetrics(view) }
  }
  const keys = [...new URLSearchParams(search)]
  if (/^\/runs\/[^/]+$/.test(path)) {
    const tab = keys.findLast(([k, v]) => k === 'tab' && RUN_TABS.includes(v as (typeof RUN_TABS)[number]))
    const own = keys.filter(([k]) => RUN_KEYS.includes(k))
    const { view, unknown } = parseMetrics(join(keys.filter(([k]) => k !== 'tab' && !RUN_KEYS.includes(k))))
    const tabs = keys.filter(([k, v]) => k === 'tab' && v !== tab?.[1]).map(([k, v]) => leftOut(k, v))
    return { unknown: [...tabs, ...unknown], clean: formatMetrics(view, [...(tab ? [['tab', tab[1]] as const] : []), ...own]) }
  }
  return path === '/' ? { unknown: keys.map(([k, v]) => leftOut(k, v)), clean: '' } : { unknown: [], clean: search }
}

export function formatMetrics(v: MetricsView, before: readonly (readonly [string, string])[] = []): string {
  const parts: (readonly [string, string])[] = [...before]
  if (v.q) parts.push(['q', v.q])
  if (v.show) parts.push(['m', v.show])
  if (v.x !== 'step') parts.push(['x', v.x])
  if (v.xLog) parts.push(['xl', 'log'])
  if (v.colour !== METRICS_DEFAULT.colour) parts.push(['c', v.colour])
  if (v.dash) parts.push(['d', v.dash])
  if (v.facets) parts.push(['f', joinKeys(v.facets)])
  if (v.aggregate) parts.push(['a', `${v.aggregate.line}:${v.aggregate.band}`])
  if (v.smoothing) parts.push(['sm', formatSmoothing(v.smoothing)])
  if (typeof v.outliers !== 'string') parts.push(['out', formatRange(v.outliers)])
  else if (v.outliers !== 'auto') parts.push(['out', v.outliers])
  for (const name of v.yLog) parts.push([`y.${name}`, 'log'])
  if (v.range) parts.push(['r', formatRange(v.range)])
  if (!v.syncZoom) parts.push(['sync', '0'])
  for (const [chart, r] of Object.entries(v.xRanges)) parts.push([`rx.${chart}`, formatRange(r)])
  for (const [value, slot] of Object.entries(v.slots)) parts.push([`cs.${value}`, String(slot + 1)])
  for (const [chart, r] of Object.entries(v.yRanges)) parts.push([`ry.${chart}`, formatRange(r)])
  if (v.gaps) parts.push(['gaps', '1'])
  if (v.attempts !== 'latest') parts.push(['attempts', v.attempts])
  if (v.focus) parts.push(['pin', v.focus])
  return join(parts)
}
