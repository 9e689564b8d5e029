// What a tooltip says of a line, in words.

import { formatCount, formatNumber } from '../../base/format'
import type { Series } from '../../base/series'
import { indexAt, lastLogged, noLogged } from '../data/logged'
import { scaleDigits, atText, xRangeText, xText } from './axis'
import type { BandKind, LineKind } from '../data/aggregate'
import type { Drawn, Scene } from './model'

/** Does the `i`-th point stand for several? */
export function isBucket({ count }: Series, i: number): boolean {
  return count !== null && count[i]! > 1
}

/** `0.12`, or the extremes of a bucket: `0.12 – 0.4`. */
export function spanText(lo: number, hi: number, digits: number): string {
  const [a, b] = [formatNumber(lo, digits), formatNumber(hi, digits)]
  return a === b ? a : `${a} – ${b}`
}

const scratch = noLogged()

/** What a line had last logged at `x`, or smoothed to: `0.898`, or `0.898 @1 000` where it logged nothing at `x` itself. */
export function loggedText(d: Drawn, x: number, { spec, sx, sy }: Scene): string {
  const digits = scaleDigits(sy)
  if (!lastLogged(d.series, x, scratch)) return 'nothing yet'
  const { at, value, lo, hi } = scratch
  const i = indexAt(d.series.x, x)
  const isSmoothed = d.values !== d.series.last && i >= 0 && d.series.x[i] === at
  const text = isSmoothed
    ? formatNumber(d.values[i], digits)
    : lo < hi
      ? spanText(lo, hi, digits)
      : formatNumber(value, digits)
  return at === x ? text : `${text} ${atText(spec.xAxis, at, scaleDigits(sx))}`
}

/** The stretch of the x axis that the `i`-th point stands for. `end`: the place of its last point, where that is known. */
export function placeText({ series }: Drawn, i: number, end: number | null, { spec, sx }: Scene): string {
  const x = series.x[i]!
  const digits = scaleDigits(sx)
  return isBucket(series, i)
    ? xRangeText(spec.xAxis, x, end, series.x[i + 1] ?? Infinity, digits)
    : xText(spec.xAxis, x, digits)
}

/** What is known of the points of a bucket, one line each. */
export function bucketTexts({ series: s, values }: Drawn, i: number, { sy }: Scene): string[] {
  if (!isBucket(s, i)) return []
  const number = (v: number | undefined) => formatNumber(v, scaleDigits(sy))
  return [
    `${formatCount(s.count![i]!)} points · first ${number(s.first?.[i])} · last ${number(s.last[i])}`,
    `min ${number(s.min?.[i])} · max ${number(s.max?.[i])}`,
    ...(values !== s.last ? ['smoothed: at the last of them'] : []),
  ]
}

/** What a line is called beside others: as its group, where colour tells groups and not runs. */
export function otherName({ line }: Drawn, run: string, { spec }: Scene): string {
  const group = spec.groups[line.group]
  if (!group || group.label === line.label) return line.label
  return line.run === run ? group.label : `${group.label} · ${line.label}`
}

/** What a band is called, behind the name of its line. */
export const BAND_NAMES: Readonly<Record<BandKind, string>> = {
  none: '',
  'min-max': 'min–max',
  t95: '± 95 % t interval',
  std: '± standard deviation',
  stderr: '± standard error',
  iqr: 'interquartile range',
}

/** What the lines of groups are: `mean ± 95 % t interval, n 3–8`. */
export function aggregateText({ spec, groupLines }: Scene): string {
  if (!spec.aggregate || groupLines.length === 0) return ''
  const { line, band } = spec.aggregate
  let least = Infinity
  let most = 0
  for (const { data } of groupLines)
    for (let i = 0; i < data.n.length; i++) {
      if (!(data.line[i]! - data.line[i]! === 0)) continue
      if (data.n[i]! < least) least = data.n[i]!
      if (data.n[i]! > most) most = data.n[i]!
    }
  const n =
    most === 0 ? 'nowhere all are present' : `n ${least < most ? `${formatCount(least)}–` : ''}${formatCount(most)}`
  return `${aggregateName(line, band, spec.smoothing !== null)}, ${n}`
}

/** `mean ± 95 % t interval`. Of smoothed lines the extremes are those of their points. */
export function aggregateName(line: LineKind, band: BandKind, isSmoothed = false): string {
  const name = BAND_NAMES[band]
  const raw = isSmoothed && band === 'min-max' ? 'raw ' : ''
  return line + (name.startsWith('±') ? ` ${name}` : name ? `, ${raw}${name}` : '')
}

export const NONFINITE: Readonly<Record<string, string>> = { nan: 'NaN', inf: '∞', '-inf': '−∞' }
