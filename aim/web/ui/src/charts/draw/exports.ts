// A chart as files.

import { isStrong, type Drawn, type Scene } from '../layout/model'
import { NEUTRAL, palette } from '../../base/palette'
import { visibleRange } from '../../base/series'
import { toSvgText } from './svg'

/** The shown lines as SVG, in the colours of the theme. */
export function sceneSvg(scene: Scene, title: string, width: number, height: number): string {
  const { spec, box, sx, sy, drawn, groupLines } = scene
  const strong = (d: Drawn) => isStrong(d, spec)
  const lines = (groupLines.length > 0 ? drawn.filter(strong) : drawn).map((d) => ({
    label: d.line.label,
    slot: spec.groups[d.line.group]?.slot ?? NEUTRAL,
    dash: spec.groups[d.line.group]?.dash ?? 0,
    series: d.series,
    values: spec.smoothing !== null ? d.values : null,
    strong: strong(d),
  }))
  const groups = groupLines.map((g) => ({ label: g.group.label, slot: g.group.slot, dash: g.group.dash, data: g.data }))
  return toSvgText({ title, width, height, box, xAxis: spec.xAxis, sx, sy, gaps: spec.gaps, lines, groups }, palette())
}

/** A text behind a quote where a spreadsheet would take it for a formula and run it, as aim/schema/csv_cells.py has it. */
export function csvText(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

/** Shown data as CSV: one row per point. */
export function sceneCsv(scene: Scene): string {
  const { spec, sx, drawn } = scene
  const quote = (t: string) => {
    const cell = csvText(t)
    return /[",\r\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell
  }
  const rows = [`run,metric,${spec.xAxis},value,min,max,points`]
  for (const d of drawn) {
    const s = d.series
    const [from, to] = visibleRange(s.x, sx.domain[0], sx.domain[1])
    for (let i = from; i < to; i++)
      rows.push(
        [
          quote(d.line.run),
          quote(d.line.metric),
          s.x[i],
          s.last[i],
          s.min?.[i] ?? s.last[i],
          s.max?.[i] ?? s.last[i],
          s.count?.[i] ?? 1,
        ].join(','),
      )
  }
  return `${rows.join('\n')}\n`
}
