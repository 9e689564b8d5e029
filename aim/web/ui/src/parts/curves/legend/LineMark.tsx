import { DASHES, slotVariable } from '../../../base/palette'
import css from '../../../charts/Chart.module.css'
import type { ChartGroup } from '../../../charts/layout/model'
import { Swatch } from '../../../widgets/basics'

/** A short piece of the line of a group, with its colour and its dashes. */
export function LineMark({ group }: { group: Pick<ChartGroup, 'slot' | 'dash'> }) {
  return (
    <svg className={css.line} width="14" height="8" aria-hidden="true">
      <path
        d="M0 4H14"
        style={{ stroke: slotVariable(group.slot) }}
        strokeWidth="2.5"
        strokeDasharray={DASHES[group.dash]!.map((d) => d / 1.5).join(' ') || undefined}
      />
    </svg>
  )
}

/** In a table: the colour of a group, or where lines differ in dashes a piece of its line. */
export function GroupMark({ group, groups }: { group: ChartGroup; groups: readonly ChartGroup[] }) {
  return groups.some((g) => g.dash > 0) ? <LineMark group={group} /> : <Swatch slot={group.slot} />
}
