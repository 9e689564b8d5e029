// The view state of pages with charts and its form in the query string, defaults left out.

import {
  formatRange,
  join,
  joinKeys,
  leftOut,
  parseNumber,
  parseRange,
  splitKeys,
  unique,
  type Checked,
  type Parsed,
} from '../../base/address'
import type { Attempts, Smoothing, SmoothingKind } from '../../base/api/types'
import type { BandKind, LineKind } from '../../charts/data/aggregate'
import type { Outliers } from '../../charts/data/extent'
import { MOST } from '../../charts/data/smooth'
import type { XAxis } from '../../charts/layout/axis'
import { formatLayout, LAYOUT_DEFAULT, parseLayoutKey, type LayoutView } from './pane/layoutAddress'
import { formatShown, parseShownKey, SHOWN_DEFAULT, type ShownView } from './shown/address'

export interface MetricsView extends LayoutView, ShownView {
  readonly q: string
  /** Expressions on metrics, drawn beside what the query finds. */
  readonly exprs: readonly string[]
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
  /** Where steps are missing; `auto`: in lines that are logged at even distances. */
  readonly gaps: boolean | 'auto'
  /** Whether points are shown that a later attempt of their run went back over. */
  readonly attempts: Attempts
  readonly focus: string | null
  /** Groups only where all of their members have a value. */
  readonly onlyAll: boolean
  /** Whether runs that crashed or failed are members of groups. */
  readonly withBroken: boolean
  /** Where the crosshair is pinned, on the x axis. */
  readonly at: number | null
}

const X_AXES: readonly XAxis[] = ['step', 'epoch', 'relative_time', 'time']
const LINES: readonly LineKind[] = ['mean', 'median', 'min', 'max']
const BANDS: readonly BandKind[] = ['none', 'min-max', 't95', 'std', 'stderr', 'iqr']

/** As many as the server computes for one view. */
export const MOST_EXPRESSIONS = 20
/** Characters, as the server takes them. */
const LONGEST_EXPRESSION = 2000

export const METRICS_DEFAULT: MetricsView = {
  q: '',
  exprs: [],
  show: '',
  x: 'step',
  xLog: false,
  colour: 'run',
  dash: '',
  facets: null,
  aggregate: null,
  smoothing: null,
  outliers: 'auto',
  yLog: [],
  range: null,
  syncZoom: true,
  xRanges: {},
  slots: {},
  yRanges: {},
  gaps: 'auto',
  attempts: 'latest',
  focus: null,
  at: null,
  onlyAll: false,
  withBroken: true,
  ...LAYOUT_DEFAULT,
  ...SHOWN_DEFAULT,
}

const SMOOTHING_LETTERS: Record<SmoothingKind, string> = { ema: '', gaussian: 'g', mean: 'm' }

/** `0.6` is an exponential average, `g10` a Gaussian one, `m20` a running mean; `,trim` leaves out far values. */
function parseSmoothing(value: string): Smoothing | null {
  const kind: SmoothingKind = value.startsWith('g') ? 'gaussian' : value.startsWith('m') ? 'mean' : 'ema'
  const [text = '', ...more] = value.slice(SMOOTHING_LETTERS[kind].length).split(',')
  const amount = parseNumber(text)
  if (amount === null || !(amount > 0) || amount > MOST[kind]) return null
  if (more.length === 0) return { kind, amount }
  return more.length === 1 && more[0] === 'trim' ? { kind, amount, trim: true } : null
}

function formatSmoothing({ kind, amount, trim }: Smoothing): string {
  return `${SMOOTHING_LETTERS[kind]}${amount}${trim ? ',trim' : ''}`
}

/** Keys whose name goes on with a metric, a chart or a value. */
function parseNamed(view: MetricsView, key: string, value: string): MetricsView | null {
  const cut = key.indexOf('.')
  const name = key.slice(cut + 1)
  if (cut < 0 || !name) return null
  const r = parseRange(value)
  switch (key.slice(0, cut)) {
    case 'y':
      return value === 'log' ? { ...view, yLog: unique([...view.yLog, name]) } : null
    case 'rx':
      return r && { ...view, xRanges: { ...view.xRanges, [name]: r } }
    case 'ry':
      return r && { ...view, yRanges: { ...view.yRanges, [name]: r } }
    case 'cs':
      return /^[1-8]$/.test(value) ? { ...view, slots: { ...view.slots, [name]: Number(value) - 1 } } : null
    default:
      return null
  }
}

/** The view with one key of the address taken in; null where that says nothing. */
function parseMetricsKey(view: MetricsView, key: string, value: string): MetricsView | null {
  switch (key) {
    case 'q':
      return { ...view, q: value }
    case 'e':
      return value.trim() && value.length <= LONGEST_EXPRESSION
        ? { ...view, exprs: unique([...view.exprs, value]).slice(0, MOST_EXPRESSIONS) }
        : null
    case 'm':
      return { ...view, show: value }
    case 'x':
      return X_AXES.includes(value as XAxis) || /^metric:./s.test(value) ? { ...view, x: value as XAxis } : null
    case 'xl':
      return value === 'log' ? { ...view, xLog: true } : null
    case 'c':
      return { ...view, colour: value }
    case 'd':
      return { ...view, dash: value }
    case 'f':
      return { ...view, facets: unique(splitKeys(value)) }
    case 'a': {
      const [line = '', band = 'min-max', ...more] = value.split(':')
      return LINES.includes(line as LineKind) && BANDS.includes(band as BandKind) && more.length === 0
        ? { ...view, aggregate: { line: line as LineKind, band: band as BandKind } }
        : null
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
    case 'sync':
      return value === '0' ? { ...view, syncZoom: false } : null
    case 'gaps':
      return value === '1' || value === '0' ? { ...view, gaps: value === '1' } : null
    case 'attempts':
      return value === 'all' ? { ...view, attempts: value } : null
    case 'pin':
      return value ? { ...view, focus: value } : null
    case 'na':
      return value === 'all' ? { ...view, onlyAll: true } : null
    case 'crashed':
      return value === 'out' ? { ...view, withBroken: false } : null
    case 'at': {
      const at = parseNumber(value)
      return at === null ? null : { ...view, at }
    }
    default: {
      const layout = parseLayoutKey(view, key, value)
      if (layout) return { ...view, ...layout }
      const shown = parseShownKey(key, value)
      return shown === undefined ? parseNamed(view, key, value) : shown && { ...view, ...shown }
    }
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

export function formatMetrics(v: MetricsView, before: readonly (readonly [string, string])[] = []): string {
  const parts: (readonly [string, string])[] = [...before]
  if (v.q) parts.push(['q', v.q])
  for (const text of v.exprs) parts.push(['e', text])
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
  if (v.gaps !== 'auto') parts.push(['gaps', v.gaps ? '1' : '0'])
  if (v.attempts !== 'latest') parts.push(['attempts', v.attempts])
  if (v.focus) parts.push(['pin', v.focus])
  if (v.onlyAll) parts.push(['na', 'all'])
  if (!v.withBroken) parts.push(['crashed', 'out'])
  if (v.at !== null) parts.push(['at', String(v.at)])
  parts.push(...formatLayout(v))
  parts.push(...formatShown(v))
  return join(parts)
}

export function checkMetrics(search: string): Checked {
  const { view, unknown } = parseMetrics(search)
  return { unknown, clean: formatMetrics(view) }
}
