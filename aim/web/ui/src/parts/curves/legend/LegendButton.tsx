import type { ReactNode } from 'react'
import { clearHover, setHover } from '../../../base/hover'
import css from '../../../charts/Chart.module.css'
import type { ChartGroup } from '../../../charts/layout/model'
import { LineMark } from './LineMark'

export interface LegendItem {
  readonly group: ChartGroup
  /** What its label has and the others have not. */
  readonly name: string
  /** Lines of the group in this chart. */
  readonly n: number
  /** The mean of the last values of its lines; NaN: there is none. */
  readonly last: number
}

interface Props {
  readonly group: ChartGroup
  readonly name: string
  readonly isHidden: boolean
  readonly onGroup: (key: string, only: boolean) => void
  /** What is right of the label. */
  readonly children?: ReactNode
}

/** One group of a legend: a hover highlights it, a click hides it. */
export function LegendButton({ group, name, isHidden, onGroup, children }: Props) {
  return (
    <button
      type="button"
      className={css.legendItem}
      aria-pressed={!isHidden}
      title={`${group.label}: click hides, Alt click leaves it alone`}
      onClick={(e) => onGroup(group.key, e.altKey)}
      onPointerEnter={() => setHover({ run: null, line: null, x: null, chart: null, group: group.key })}
      onPointerLeave={clearHover}
    >
      <LineMark group={group} />
      <span className={css.label}>{name}</span>
      {children}
    </button>
  )
}
