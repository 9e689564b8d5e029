import { useState } from 'react'
import { formatCount, plural } from '../../base/format'
import { clearHover, setHover } from '../../base/hover'
import { DASHES, slotVariable } from '../../base/palette'
import css from '../../charts/Chart.module.css'
import type { ChartGroup } from '../../charts/layout/model'
import { Popover } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'

const LEGEND_CHIPS = 12

export interface LegendItem {
  readonly group: ChartGroup
  /** Lines of the group in this chart. */
  readonly n: number
}

interface Props {
  readonly items: readonly LegendItem[]
  readonly hidden: ReadonlySet<string>
  readonly onGroup: (key: string, only: boolean) => void
  /** Whether groups may be side by side where there is room, in CSS px; else they are behind one button. */
  readonly showChips: boolean
  readonly room: number
  /** What a group is called. */
  readonly noun: string
}

export function ChartLegend({ items, hidden, onGroup, showChips, noun, room }: Props) {
  const [text, setText] = useState('')
  if (items.length < 2 && hidden.size === 0) return <span style={{ marginLeft: 'auto' }} />
  const item = (i: LegendItem) => (
    <LegendButton key={i.group.key} {...i} isHidden={hidden.has(i.group.key)} onGroup={onGroup} />
  )
  if (showChips && items.length <= LEGEND_CHIPS && widthOf(items) < room)
    return <div className={css.legend}>{items.map(item)}</div>
  const shown = items.filter((i) => i.group.label.toLowerCase().includes(text.toLowerCase()))
  return (
    <div className={css.legend}>
      <Popover
        label="Legend"
        align="end"
        trigger={(t) => (
          <button type="button" className={css.legendItem} {...t}>
            {plural(items.length, noun)}
            {hidden.size > 0 ? ` · ${formatCount(hidden.size)} hidden` : ''} ▾
          </button>
        )}
      >
        {() => (
          <div>
            {items.length > LEGEND_CHIPS && (
              <input
                className={ui.input}
                placeholder="Find a group"
                aria-label="Find a group"
                value={text}
                onChange={(e) => setText(e.target.value)}
              />
            )}
            <div style={{ display: 'flex', flexDirection: 'column', marginTop: 4 }}>
              {shown.slice(0, 200).map(item)}
            </div>
            {shown.length > 200 && (
              <p className="muted">and {formatCount(shown.length - 200)} more: type to find them</p>
            )}
          </div>
        )}
      </Popover>
    </div>
  )
}

/** About how wide the groups are side by side, CSS px. */
function widthOf(items: readonly LegendItem[]): number {
  return items.reduce((w, i) => w + i.group.label.length * 7 + (i.n > 1 ? String(i.n).length * 8 + 5 : 0) + 34, 0)
}

function LegendButton({ group, n, isHidden, onGroup }: LegendItem & { isHidden: boolean; onGroup: Props['onGroup'] }) {
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
      <svg className={css.line} width="14" height="8" aria-hidden="true">
        <path
          d="M0 4H14"
          stroke={slotVariable(group.slot)}
          strokeWidth="2.5"
          strokeDasharray={DASHES[group.dash]!.map((d) => d / 1.5).join(' ') || undefined}
        />
      </svg>
      <span className={css.label}>{group.label}</span>
      {n > 1 && <span className="muted num">{formatCount(n)}</span>}
    </button>
  )
}
