import { useMemo, useRef, useState } from 'react'
import { formatCount } from '../../../base/format'
import css from '../../../charts/Chart.module.css'
import type { Scene } from '../../../charts/layout/model'
import ui from '../../../widgets/ui.module.css'
import type { ColourScale } from '../groupColours'
import { SharedColours } from './ChartLegend'
import { ColourBar } from './ColourBar'
import { LegendButton, type LegendItem } from './LegendButton'
import { useLegendValues } from './legendValues'

/** From this width of a chart on, its legend is a strip at its right, CSS px. */
export const STRIP_FROM = 900
export const STRIP_WIDTH = 220
/** More groups than this are looked for. */
const FEW = 12
const MOST = 200

interface Props {
  readonly items: readonly LegendItem[]
  readonly hidden: ReadonlySet<string>
  readonly onGroup: (key: string, only: boolean) => void
  readonly scale: ColourScale | null
  readonly field: string
  /** The picture that is shown. */
  readonly scene: () => Scene | null
  /** Changes with each picture. */
  readonly version: unknown
}

/** The legend of a wide chart: by last value, with the value at the crosshair. */
export function LegendStrip({ items, hidden, onGroup, scale, field, scene, version }: Props) {
  const [text, setText] = useState('')
  const host = useRef<HTMLDivElement>(null)
  const sorted = useMemo(() => byLast(items), [items])
  const found = text ? sorted.filter((i) => i.group.label.toLowerCase().includes(text.toLowerCase())) : sorted
  const shown = found.slice(0, MOST)
  useLegendValues(
    host,
    scene,
    useMemo(() => [version, text, items], [version, text, items]),
  )
  return (
    <div className={css.strip} style={{ width: STRIP_WIDTH }} role="group" aria-label="Legend">
      {scale && <ColourBar scale={scale} name={field} wide />}
      {items.length > FEW && (
        <input
          className={ui.input}
          placeholder={`Find among ${formatCount(items.length)}`}
          aria-label="Find a group"
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
      )}
      <div ref={host} className={css.stripList}>
        {shown.map(({ group, name, n }) => (
          <LegendButton key={group.key} group={group} name={name} isHidden={hidden.has(group.key)} onGroup={onGroup}>
            {n > 1 && <span className="muted num">× {formatCount(n)}</span>}
            <span className={css.stripValue} data-value={group.key} />
          </LegendButton>
        ))}
        {found.length > MOST && <p className="muted">and {formatCount(found.length - MOST)} more: type to find them</p>}
      </div>
      <SharedColours items={items} />
    </div>
  )
}

/** The largest last value first; what has none last. */
function byLast(items: readonly LegendItem[]): LegendItem[] {
  return [...items].sort(
    (a, b) =>
      Number(Number.isNaN(a.last)) - Number(Number.isNaN(b.last)) || b.last - a.last || a.group.rank - b.group.rank,
  )
}
