import { useState } from 'react'
import { axisLabel, axisMetric, type XAxis } from '../../../charts/layout/axis'
import { Button } from '../../../widgets/basics'
import { Chip } from '../../../widgets/Chip'
import { MenuItem, MenuLine, MenuTitle } from '../../../widgets/Popover'
import ui from '../../../widgets/ui.module.css'
import { Multi } from './Multi'
import type { ViewProps } from './view'

const AXIS_ROWS = 12
const AXES: readonly XAxis[] = ['step', 'epoch', 'relative_time', 'time']

interface AxisProps extends ViewProps {
  /** Names of the metrics that were found. */
  readonly metrics: readonly string[]
}

export function XChip({ view, change, metrics, single }: AxisProps & { single: boolean }) {
  return (
    <Chip
      label="x"
      value={axisLabel(view.x) + (view.xLog ? ', log' : '') + (view.syncZoom ? '' : ', own zooms')}
      onReset={
        view.x !== 'step' || view.xLog || !view.syncZoom
          ? () => change({ x: 'step', xLog: false, range: null, xRanges: {}, at: null, syncZoom: true })
          : undefined
      }
    >
      {(close) => (
        <>
          {AXES.map((x) => (
            <MenuItem
              key={x}
              checked={view.x === x}
              onSelect={() => {
                change({ x, range: null, xRanges: {}, at: null, xLog: view.xLog && x !== 'time' })
                close()
              }}
            >
              {axisLabel(x)}
            </MenuItem>
          ))}
          <MenuLine />
          <MetricAxis
            metrics={metrics}
            value={axisMetric(view.x)}
            onChoose={(name) => {
              change({ x: `metric:${name}`, range: null, xRanges: {}, at: null })
              close()
            }}
          />
          <MenuLine />
          <MenuItem
            checked={view.xLog}
            disabled={view.x === 'time'}
            onSelect={() => change({ xLog: !view.xLog, range: null, xRanges: {} })}
          >
            logarithmic
          </MenuItem>
          {!single && (
            <MenuItem
              checked={view.syncZoom}
              onSelect={() => change({ syncZoom: !view.syncZoom, range: null, xRanges: {} })}
              hint="one zoom for all charts"
            >
              sync zoom
            </MenuItem>
          )}
        </>
      )}
    </Chip>
  )
}

export function YChip({ view, change, metrics }: AxisProps) {
  const allLog = metrics.length > 0 && metrics.every((m) => view.yLog.includes(m))
  const yText = view.yLog.length === 0 ? 'linear' : allLog ? 'log' : `log ${view.yLog.join(', ')}`
  return (
    <Chip label="y" value={yText} onReset={view.yLog.length > 0 ? () => change({ yLog: [] }) : undefined}>
      {() => (
        <>
          <MenuItem checked={view.yLog.length === 0} onSelect={() => change({ yLog: [] })}>
            linear
          </MenuItem>
          <MenuItem checked={allLog} onSelect={() => change({ yLog: metrics })}>
            logarithmic
          </MenuItem>
          <MenuLine />
          <MenuTitle>Logarithmic for</MenuTitle>
          <Multi
            label="Logarithmic for"
            options={metrics.map((m) => ({ value: m, label: m }))}
            isChecked={(m) => view.yLog.includes(m)}
            onToggle={(m) =>
              change({ yLog: view.yLog.includes(m) ? view.yLog.filter((o) => o !== m) : [...view.yLog, m] })
            }
          />
        </>
      )}
    </Chip>
  )
}

/** Another metric as the x axis: a point is at the value that the metric has at its step. */
function MetricAxis({
  metrics,
  value,
  onChoose,
}: {
  metrics: readonly string[]
  value: string
  onChoose: (name: string) => void
}) {
  const [name, setName] = useState(value)
  const shown = metrics.slice(0, AXIS_ROWS)
  return (
    <>
      <MenuTitle>Another metric of the same run</MenuTitle>
      {shown.map((m) => (
        <MenuItem key={m} checked={value === m} onSelect={() => onChoose(m)}>
          {m}
        </MenuItem>
      ))}
      <form
        style={{ display: 'grid', gridTemplateColumns: '1fr auto', gap: 8, padding: '4px 8px' }}
        onSubmit={(e) => {
          e.preventDefault()
          if (name.trim()) onChoose(name.trim())
        }}
      >
        <input
          className={ui.input}
          placeholder="Name of any metric"
          aria-label="Metric as x axis"
          value={name}
          onChange={(e) => setName(e.target.value)}
        />
        <Button disabled={name.trim() === ''}>Use</Button>
      </form>
    </>
  )
}
