import { useState } from 'react'
import { formatCount, plural } from '../../../base/format'
import { CATEGORIES } from '../../../base/palette'
import { isDensity } from '../../../charts/layout/model'
import css from '../../../charts/Chart.module.css'
import { Popover } from '../../../widgets/Popover'
import ui from '../../../widgets/ui.module.css'
import type { ColourScale } from '../groupColours'
import { ColourBar } from './ColourBar'
import { LegendButton, type LegendItem } from './LegendButton'

const LEGEND_CHIPS = 12

interface Props {
  readonly items: readonly LegendItem[]
  readonly hidden: ReadonlySet<string>
  readonly onGroup: (key: string, only: boolean) => void
  /** Whether groups may be side by side where there is room, in CSS px; else they are behind one button. */
  readonly showChips: boolean
  readonly room: number
  /** What a group is called. */
  readonly noun: string
  /** Of the colours, where they are of numbers; and what the numbers are. */
  readonly scale: ColourScale | null
  readonly field: string
}

/** A bar with its labels takes about this much, CSS px. */
const BAR_WIDTH = 210

export function ChartLegend({ items, hidden, onGroup, showChips, noun, room, scale, field }: Props) {
  const [text, setText] = useState('')
  if (items.length < 2 && hidden.size === 0) return <span style={{ marginLeft: 'auto' }} />
  const item = (i: LegendItem) => (
    <LegendButton key={i.group.key} group={i.group} name={i.name} isHidden={hidden.has(i.group.key)} onGroup={onGroup}>
      {i.n > 1 && <span className="muted num">× {formatCount(i.n)}</span>}
    </LegendButton>
  )
  if (showChips && items.length <= LEGEND_CHIPS && widthOf(items) < room)
    return <div className={css.legend}>{items.map(item)}</div>
  const shown = items.filter((i) => i.group.label.toLowerCase().includes(text.toLowerCase()))
  return (
    <div className={css.legend}>
      {scale && room > BAR_WIDTH && <ColourBar scale={scale} name={field} />}
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
            {scale && <ColourBar scale={scale} name={field} wide />}
            <SharedColours items={items} />
          </div>
        )}
      </Popover>
    </div>
  )
}

/** About how wide the groups are side by side, CSS px. */
function widthOf(items: readonly LegendItem[]): number {
  return items.reduce((w, i) => w + i.name.length * 7 + (i.n > 1 ? String(i.n).length * 8 + 17 : 0) + 34, 0)
}

/** That colours repeat, which many groups cannot help. */
export function SharedColours({ items }: { items: readonly LegendItem[] }) {
  const colours = new Set(items.map((i) => i.group.slot)).size
  // Numbers have shades of their own.
  if (items.length <= CATEGORIES || (colours === items.length && !isDensity(items.length))) return null
  return (
    <p className="muted" style={{ margin: '6px 6px 0', fontSize: 12 }}>
      {isDensity(items.length)
        ? `${formatCount(items.length)} lines as shades: the stronger, the more`
        : `${formatCount(items.length)} lines share ${colours} colours: names distinguish them`}
    </p>
  )
}
