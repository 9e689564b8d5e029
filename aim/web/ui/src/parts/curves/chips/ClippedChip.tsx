import { digitsFor, formatCount, formatNumber } from '../../../base/format'
import { clearHover, setHover } from '../../../base/hover'
import type { ClippedPoint } from '../../../charts/data/clipped'
import { xText, type XAxis } from '../../../charts/layout/axis'
import { MenuItem, MenuLine, Popover } from '../../../widgets/Popover'

interface Props {
  readonly count: number
  readonly xAxis: XAxis
  readonly points: () => readonly ClippedPoint[]
  readonly onPin: (run: string, x: number) => void
  readonly onShow: () => void
}

/** Points outside the y range: which they are, and the way to see them all. A click on one pins its run and the crosshair. */
export function ClippedChip({ count, xAxis, points, onPin, onShow }: Props) {
  return (
    <Popover
      label="Clipped points"
      align="end"
      trigger={(t) => (
        <button type="button" title="Which points are beyond the edge" {...t}>
          {formatCount(count)} clipped
        </button>
      )}
    >
      {(close) => {
        const shown = points()
        const digits = digitsFor(shown.map((p) => p.value))
        return (
          <div onPointerLeave={clearHover}>
            <MenuItem
              onSelect={() => {
                onShow()
                close()
              }}
            >
              Show all in the chart
            </MenuItem>
            <MenuLine />
            {shown.map((p) => {
              const mark = () => setHover({ run: p.run, line: p.key, x: p.x, chart: null, group: null })
              return (
                <div key={`${p.key} ${p.x} ${p.value}`} onPointerEnter={mark} onFocus={mark} onBlur={clearHover}>
                  <MenuItem
                    hint={formatNumber(p.value, digits)}
                    onSelect={() => {
                      onPin(p.run, p.x)
                      close()
                    }}
                  >
                    {p.label} · {p.points > 1 ? 'from ' : ''}
                    {xText(xAxis, p.x)}
                  </MenuItem>
                </div>
              )
            })}
            {count > shown.length && (
              <p className="muted">and {formatCount(count - shown.length)} more, nearer to the edge</p>
            )}
          </div>
        )
      }}
    </Popover>
  )
}
