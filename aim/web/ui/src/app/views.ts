// The view state of each page and its form in the query string: short readable keys, defaults left out. Pure, so that a
// round trip can be tested.

import type { BandKind, LineKind } from '../charts/aggregate'
import type { XAxis } from '../charts/axis'
import type { Outliers } from '../charts/extent'

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
  readonly smoothing: number
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

export const RUNS_DEFAULT: RunsView = { q: '', sort: [{ by: 'created_at', desc: true }], columns: null, group: [] }
export const METRICS_DEFAULT: MetricsView = {
  q: '', show: '', x: 'step', xLog: false, colour: 'run', dash: '', facets: null, aggregate: null, smoothing: 0, outliers: 'auto',
  yLog: [], range: null, syncZoom: true, xRanges: {}, slots: {}, yRanges: {}, gaps: false, focus: null,
}

/** Characters that read well in an address stay as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%2C/g, ',').replace(/%3A/g, ':').replace(/%20/g, '+').replace(/%3D/g, '=').replace(/%2F/g, '/')
}

function join(parts: readonly (readonly [string, string])[]): string {
  return parts.length === 0 ? '' : `?${parts.map(([k, v]) => `${encode(k).replace(/=/g, '%3D')}=${encode(v)}`).join('&')}`
}

function parseRange(text: string): readonly [number, number] | null {
  const [a, b] = text.split(':').map(Number)
  return a !== undefined && b !== undefined && Number.isFinite(a) && Number.isFinite(b) && a < b ? [a, b] : null
}

const short = (n: number) => String(Number(n.toPrecision(8)))

/** Splits at commas, but not at those inside the braces of a context. */
function splitKeys(text: string): string[] {
  const out: string[] = []
  let depth = 0
  let from = 0
  for (let i = 0; i <= text.length; i++) {
    const c = text[i]
    if (c === '{') depth++
    else if (c === '}') depth--
    else if (c === undefined || (c === ',' && depth === 0)) {
      if (i > from) out.push(text.slice(from, i))
      from = i + 1
    }
  }
  return out
}

export function parseRuns(search: string): Parsed<RunsView> {
  let view = RUNS_DEFAULT
  const unknown: string[] = []
  for (const [key, value] of new URLSearchParams(search)) {
    if (key === 'q') view = { ...view, q: value }
    else if (key === 's') {
      const sort = splitKeys(value).slice(0, 3).map((s) => (s.startsWith('-') ? { by: s.slice(1), desc: true } : { by: s, desc: false }))
      if (sort.length > 0) view = { ...view, sort }
    } else if (key === 'col') view = { ...view, columns: [...(view.columns ?? []), ...(value ? [value] : [])] }
    else if (key === 'g') view = { ...view, group: [...new Set([...view.group, ...(value ? [value] : [])])] }
    else unknown.push(key)
  }
  return { view, unknown }
}

export function formatRuns(v: RunsView): string {
  const parts: [string, string][] = []
  if (v.q) parts.push(['q', v.q])
  const sort = v.sort.map((s) => (s.desc ? '-' : '') + s.by).join(',')
  if (sort !== '-created_at') parts.push(['s', sort])
  for (const g of v.group) parts.push(['g', g])
  // One key per column: a metric column holds commas and braces of its own.
  if (v.columns) for (const c of v.columns.length > 0 ? v.columns : ['']) parts.push(['col', c])
  return join(parts)
}

export function parseMetrics(search: string): Parsed<MetricsView> {
  let view = METRICS_DEFAULT
  const unknown: string[] = []
  for (const [key, value] of new URLSearchParams(search)) {
    switch (key) {
      case 'q': view = { ...view, q: value }; break
      case 'm': view = { ...view, show: value }; break
      case 'x': if (X_AXES.includes(value as XAxis)) view = { ...view, x: value as XAxis }; break
      case 'xl': view = { ...view, xLog: value === 'log' }; break
      case 'c': view = { ...view, colour: value }; break
      case 'd': view = { ...view, dash: value }; break
      case 'f': view = { ...view, facets: value.split(',').filter(Boolean) }; break
      case 'a': {
        const [line, band] = value.split(':')
        if (LINES.includes(line as LineKind) && BANDS.includes((band ?? 'min-max') as BandKind)) view = { ...view, aggregate: { line: line as LineKind, band: (band ?? 'min-max') as BandKind } }
        break
      }
      case 'sm': { const w = Number(value); if (w >= 0 && w < 1) view = { ...view, smoothing: w }; break }
      case 'out': {
        if (value === 'off' || value === 'p1-p99') view = { ...view, outliers: value }
        else { const r = parseRange(value); if (r) view = { ...view, outliers: r } }
        break
      }
      case 'r': view = { ...view, range: parseRange(value) }; break
      case 'sync': view = { ...view, syncZoom: value !== '0' }; break
      case 'gaps': view = { ...view, gaps: value === '1' }; break
      case 'pin': view = { ...view, focus: value || null }; break
      default:
        if (key.startsWith('cs.')) {
          const slot = Number(value)
          if (Number.isInteger(slot) && slot >= 1 && slot <= 8) view = { ...view, slots: { ...view.slots, [key.slice(3)]: slot - 1 } }
        } else if (key.startsWith('rx.')) {
          const r = parseRange(value)
          if (r) view = { ...view, xRanges: { ...view.xRanges, [key.slice(3)]: r } }
        } else if (key.startsWith('ry.')) {
          const r = parseRange(value)
          if (r) view = { ...view, yRanges: { ...view.yRanges, [key.slice(3)]: r } }
        } else if (key.startsWith('y.') && value === 'log') view = { ...view, yLog: [...view.yLog, key.slice(2)] }
        else if (key !== 'tab') unknown.push(key)
    }
  }
  return { view, unknown }
}

export function formatMetrics(v: MetricsView, before: readonly (readonly [string, string])[] = []): string {
  const parts: (readonly [string, string])[] = [...before]
  if (v.q) parts.push(['q', v.q])
  if (v.show) parts.push(['m', v.show])
  if (v.x !== 'step') parts.push(['x', v.x])
  if (v.xLog) parts.push(['xl', 'log'])
  if (v.colour !== METRICS_DEFAULT.colour) parts.push(['c', v.colour])
  if (v.dash) parts.push(['d', v.dash])
  if (v.facets) parts.push(['f', v.facets.join(',')])
  if (v.aggregate) parts.push(['a', `${v.aggregate.line}:${v.aggregate.band}`])
  if (v.smoothing > 0) parts.push(['sm', String(v.smoothing)])
  if (typeof v.outliers !== 'string') parts.push(['out', `${short(v.outliers[0])}:${short(v.outliers[1])}`])
  else if (v.outliers !== 'auto') parts.push(['out', v.outliers])
  for (const name of v.yLog) parts.push([`y.${name}`, 'log'])
  if (v.range) parts.push(['r', `${short(v.range[0])}:${short(v.range[1])}`])
  if (!v.syncZoom) parts.push(['sync', '0'])
  for (const [chart, r] of Object.entries(v.xRanges)) parts.push([`rx.${chart}`, `${short(r[0])}:${short(r[1])}`])
  for (const [value, slot] of Object.entries(v.slots)) parts.push([`cs.${value}`, String(slot + 1)])
  for (const [chart, r] of Object.entries(v.yRanges)) parts.push([`ry.${chart}`, `${short(r[0])}:${short(r[1])}`])
  if (v.gaps) parts.push(['gaps', '1'])
  if (v.focus) parts.push(['pin', v.focus])
  return join(parts)
}
