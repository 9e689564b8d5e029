// The controls of a metrics view, one chip each, that shows its value.

import { useMemo, useState } from 'react'
import type { MetricRun, MetricSequence } from '../../base/api/types'
import { axisLabel, axisMetric, type XAxis } from '../../charts/layout/axis'
import type { BandKind, LineKind } from '../../charts/data/aggregate'
import type { MetricsView } from './metricsAddress'
import type { Smoothing, SmoothingKind } from '../../base/api/types'
import { MOST, SMOOTHING_LABELS } from '../../charts/data/smooth'
import { Button, Swatch } from '../../widgets/basics'
import { Chip } from '../../widgets/Chip'
import { digitsFor, formatNumber } from '../../base/format'
import { Choices, MenuItem, MenuLine, MenuTitle } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'
import type { ChangeView } from './usePane'
import type { ChartGroup } from '../../charts/layout/model'
import { colourOf, contextKeys, paramFields } from './metricsModel'

interface Props {
  readonly view: MetricsView
  readonly change: ChangeView
  readonly sequences: readonly MetricSequence[]
  readonly runs: Readonly<Record<string, MetricRun>>
  /** On the page of one run there is nothing to group by run. */
  readonly single?: boolean
  readonly groups: readonly ChartGroup[]
}

const LINES: readonly LineKind[] = ['mean', 'median', 'min', 'max']
const BANDS: readonly { value: BandKind; label: string }[] = [
  { value: 'none', label: 'no band' },
  { value: 'min-max', label: 'min–max' },
  { value: 'std', label: 'standard deviation' },
  { value: 'stderr', label: 'standard error' },
  { value: 'iqr', label: 'interquartile range' },
]
const SLOT_NAMES = ['blue', 'orange', 'green', 'pink', 'cyan', 'red', 'violet', 'olive'] as const
const SLOT_ROWS = 60
const AXIS_ROWS = 12
const AXES: readonly XAxis[] = ['step', 'epoch', 'relative_time', 'time']

interface FieldOption {
  readonly value: string
  readonly label: string
  readonly hint?: string
}

/** What lines can be coloured, dashed and told apart by. */
function fieldOptions(
  sequences: readonly MetricSequence[],
  runs: Readonly<Record<string, MetricRun>>,
  single: boolean,
): FieldOption[] {
  const params = single ? [] : paramFields(runs)
  return [
    ...(single
      ? []
      : [
          { value: 'run', label: 'run' },
          { value: 'experiment', label: 'experiment' },
        ]),
    { value: 'metric.name', label: 'metric.name' },
    ...contextKeys(sequences).map((k) => ({ value: k, label: k, hint: 'context' })),
    ...(single
      ? []
      : [
          { value: 'tags', label: 'tags' },
          { value: 'status', label: 'status' },
        ]),
    ...params.map((p) => ({
      value: `params.${p.path}`,
      label: `params.${p.path}`,
      hint: p.distinct > 1 ? `${p.distinct >= 50 ? '50+' : p.distinct} values` : 'same for all',
    })),
  ]
}

export function MetricChips({ view, change, sequences, runs, groups, single = false }: Props) {
  // When a chip is opened: the params of many runs take longer to read than a page should take to answer.
  const fields = useMemo(() => {
    let known: readonly FieldOption[] | null = null
    return () => (known ??= fieldOptions(sequences, runs, single))
  }, [sequences, runs, single])
  const metrics = useMemo(() => [...new Set(sequences.map((s) => s.name))].sort(), [sequences])
  const defaultColour = single ? 'context' : 'run'
  const yText =
    view.yLog.length === 0
      ? 'linear'
      : metrics.length > 0 && metrics.every((m) => view.yLog.includes(m))
        ? 'log'
        : `log ${view.yLog.join(', ')}`
  const none = { value: '', label: 'none' }
  return (
    <>
      <Chip
        label="Colour"
        value={view.colour || 'none'}
        onReset={view.colour === defaultColour ? undefined : () => change({ colour: defaultColour, slots: {} })}
      >
        {(close) => (
          <>
            {groups.length > 0 && view.colour && (
              <Slots groups={groups} value={view.slots} onChange={(slots) => change({ slots })} />
            )}
            <Choices
              options={[none, ...(single ? [{ value: 'context', label: 'context' }] : []), ...fields()]}
              value={view.colour}
              onChoose={(colour) => change({ colour, slots: {} })}
              close={close}
            />
          </>
        )}
      </Chip>
      <Chip label="Dash" value={view.dash || 'none'} onReset={view.dash ? () => change({ dash: '' }) : undefined}>
        {(close) => (
          <Choices
            options={[none, ...fields()]}
            value={view.dash}
            onChoose={(dash) => change({ dash })}
            close={close}
          />
        )}
      </Chip>
      <Chip
        label="Chart"
        value={view.facets === null ? 'name, context' : view.facets.length === 0 ? 'one' : view.facets.join(', ')}
        onReset={view.facets !== null && !single ? () => change({ facets: null }) : undefined}
      >
        {() => (
          <>
            <MenuItem checked={view.facets === null} onSelect={() => change({ facets: null })}>
              one per name and context
            </MenuItem>
            <MenuItem checked={view.facets?.length === 0} onSelect={() => change({ facets: [] })}>
              all in one
            </MenuItem>
            <MenuLine />
            <MenuTitle>One per value of</MenuTitle>
            <Multi options={fields()} value={view.facets ?? []} onChange={(facets) => change({ facets })} />
          </>
        )}
      </Chip>
      <Chip
        label="Aggregate"
        value={
          view.aggregate
            ? `${view.aggregate.line}${view.aggregate.band === 'none' ? '' : `, ${view.aggregate.band}`}`
            : 'none'
        }
        onReset={view.aggregate ? () => change({ aggregate: null }) : undefined}
      >
        {() => (
          <>
            <MenuItem checked={view.aggregate === null} onSelect={() => change({ aggregate: null })}>
              none: every line
            </MenuItem>
            <MenuLine />
            <MenuTitle>Line</MenuTitle>
            {LINES.map((line) => (
              <MenuItem
                key={line}
                checked={view.aggregate?.line === line}
                onSelect={() => change({ aggregate: { line, band: view.aggregate?.band ?? 'min-max' } })}
              >
                {line}
              </MenuItem>
            ))}
            <MenuTitle>Band</MenuTitle>
            {BANDS.map((b) => (
              <MenuItem
                key={b.value}
                checked={view.aggregate?.band === b.value}
                onSelect={() => change({ aggregate: { line: view.aggregate?.line ?? 'mean', band: b.value } })}
              >
                {b.label}
              </MenuItem>
            ))}
          </>
        )}
      </Chip>
      <Chip
        label="x"
        value={axisLabel(view.x) + (view.xLog ? ', log' : '') + (view.syncZoom ? '' : ', own zooms')}
        onReset={
          view.x !== 'step' || view.xLog || !view.syncZoom
            ? () => change({ x: 'step', xLog: false, range: null, xRanges: {}, syncZoom: true })
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
                  change({ x, range: null, xRanges: {}, xLog: view.xLog && x !== 'time' })
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
                change({ x: `metric:${name}`, range: null, xRanges: {} })
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
      <Chip label="y" value={yText} onReset={view.yLog.length > 0 ? () => change({ yLog: [] }) : undefined}>
        {() => (
          <>
            <MenuItem checked={view.yLog.length === 0} onSelect={() => change({ yLog: [] })}>
              linear
            </MenuItem>
            <MenuItem
              checked={metrics.length > 0 && metrics.every((m) => view.yLog.includes(m))}
              onSelect={() => change({ yLog: metrics })}
            >
              logarithmic
            </MenuItem>
            <MenuLine />
            <MenuTitle>Logarithmic for</MenuTitle>
            <Multi
              options={metrics.map((m) => ({ value: m, label: m }))}
              value={view.yLog}
              onChange={(yLog) => change({ yLog })}
            />
          </>
        )}
      </Chip>
      <Chip
        label="Smoothing"
        value={view.smoothing ? `${view.smoothing.amount} ${SMOOTHING_LABELS[view.smoothing.kind]}` : 'none'}
        onReset={view.smoothing ? () => change({ smoothing: null }) : undefined}
        wide
      >
        {() => <SmoothingControl value={view.smoothing} onChange={(smoothing) => change({ smoothing }, 'later')} />}
      </Chip>
      <Chip
        label="Outliers"
        value={
          typeof view.outliers === 'string'
            ? view.outliers === 'p1-p99'
              ? 'clip p1–p99'
              : view.outliers
            : `${view.outliers.map((v) => formatNumber(v, digitsFor(view.outliers as readonly number[]))).join(' – ')}`
        }
        onReset={view.outliers !== 'auto' ? () => change({ outliers: 'auto' }) : undefined}
        wide
      >
        {(close) => (
          <>
            <MenuItem
              checked={view.outliers === 'auto'}
              onSelect={() => {
                change({ outliers: 'auto' })
                close()
              }}
              hint="clips rare far values"
            >
              auto
            </MenuItem>
            <MenuItem
              checked={view.outliers === 'off'}
              onSelect={() => {
                change({ outliers: 'off' })
                close()
              }}
            >
              off: show all
            </MenuItem>
            <MenuItem
              checked={view.outliers === 'p1-p99'}
              onSelect={() => {
                change({ outliers: 'p1-p99' })
                close()
              }}
            >
              clip p1–p99
            </MenuItem>
            <MenuLine />
            <FixedRange
              value={typeof view.outliers === 'string' ? null : view.outliers}
              onChange={(r) => {
                change({ outliers: r })
                close()
              }}
            />
            <MenuLine />
            <MenuItem checked={view.gaps} onSelect={() => change({ gaps: !view.gaps })}>
              gaps where steps are missing
            </MenuItem>
          </>
        )}
      </Chip>
      {(view.range || Object.keys(view.xRanges).length > 0 || Object.keys(view.yRanges).length > 0) && (
        <Button small onClick={() => change({ range: null, xRanges: {}, yRanges: {} })}>
          {view.range
            ? view.range.map((v) => formatNumber(v, digitsFor(view.range!))).join(' – ')
            : Object.keys(view.xRanges).length > 0
              ? `${Object.keys(view.xRanges).length} zoomed`
              : 'y range'}{' '}
          · Whole range
        </Button>
      )}
    </>
  )
}

/** A colour of the eight for a value; `auto` is its place in the order of first appearance. */
function Slots({
  groups,
  value,
  onChange,
}: {
  groups: readonly ChartGroup[]
  value: Readonly<Record<string, number>>
  onChange: (v: Record<string, number>) => void
}) {
  const [open, setOpen] = useState<string | null>(null)
  const values = useMemo(
    () => [...new Map(groups.map((g) => [colourOf(g.key), g])).entries()].slice(0, SLOT_ROWS),
    [groups],
  )
  return (
    <>
      <MenuTitle>Colour of each value</MenuTitle>
      <div style={{ maxHeight: 180, overflow: 'auto' }}>
        {values.map(([key, g]) => (
          <div key={key}>
            <button
              type="button"
              className={ui.menuItem}
              aria-expanded={open === key}
              onClick={() => setOpen(open === key ? null : key)}
            >
              <Swatch slot={g.slot} /> <span className="ellipsis">{g.label}</span>
              {value[key] !== undefined && <span className={ui.hint}>chosen</span>}
            </button>
            {open === key && (
              <div
                style={{ display: 'flex', gap: 2, padding: '2px 8px 6px' }}
                role="group"
                aria-label={`Colour of ${g.label}`}
              >
                {SLOT_NAMES.map((name, slot) => (
                  <Button
                    key={name}
                    small
                    icon
                    quiet
                    on={value[key] === slot}
                    aria-pressed={value[key] === slot}
                    aria-label={name}
                    title={name}
                    onClick={() => onChange({ ...value, [key]: slot })}
                  >
                    <Swatch slot={slot} />
                  </Button>
                ))}
                <Button
                  small
                  quiet
                  disabled={value[key] === undefined}
                  onClick={() => {
                    const next = { ...value }
                    delete next[key]
                    onChange(next)
                  }}
                >
                  Auto
                </Button>
              </div>
            )}
          </div>
        ))}
      </div>
      <MenuLine />
      <MenuTitle>Colour by</MenuTitle>
    </>
  )
}

function Multi({
  options,
  value,
  onChange,
}: {
  options: readonly { value: string; label: string; hint?: string }[]
  value: readonly string[]
  onChange: (v: string[]) => void
}) {
  const [text, setText] = useState('')
  const shown = options.filter((o) => o.label.toLowerCase().includes(text.toLowerCase()))
  return (
    <>
      {options.length > 9 && (
        <input
          className={ui.input}
          placeholder="Find"
          aria-label="Find"
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
      )}
      {shown.map((o) => (
        <MenuItem
          key={o.value}
          checked={value.includes(o.value)}
          hint={o.hint}
          onSelect={() => onChange(value.includes(o.value) ? value.filter((v) => v !== o.value) : [...value, o.value])}
        >
          {o.label}
        </MenuItem>
      ))}
    </>
  )
}

/** Another metric as the x axis: a point lies at the value that the metric has at its step. */
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

const SMOOTHING_TEXT: Record<SmoothingKind, string> = {
  ema: 'Exponential average, weighted by distance.',
  gaussian: 'Average of the points around, by a Gaussian. The number is its standard deviation in points.',
  mean: 'Mean of the points around. The number is how many, before and after together.',
}
/** Where each kind begins, and the end of its slider; more can be typed. */
const SMOOTHING_START: Record<SmoothingKind, { first: number; end: number; step: number }> = {
  ema: { first: 0.6, end: 0.99, step: 0.01 },
  gaussian: { first: 3, end: 30, step: 0.5 },
  mean: { first: 9, end: 100, step: 1 },
}
const KINDS: readonly SmoothingKind[] = ['ema', 'gaussian', 'mean']

function SmoothingControl({ value, onChange }: { value: Smoothing | null; onChange: (v: Smoothing | null) => void }) {
  const kind = value?.kind ?? 'ema'
  const { end, step } = SMOOTHING_START[kind]
  const amount = value?.amount ?? 0
  const put = (n: number) => onChange(n > 0 ? { kind, amount: Math.min(MOST[kind], n) } : null)
  const take = (text: string) => {
    const n = Number(text)
    if (text.trim() !== '' && Number.isFinite(n) && n !== amount) put(n)
  }
  return (
    <div className={ui.field} style={{ margin: 0 }}>
      <div role="group" aria-label="Kind of smoothing" style={{ display: 'flex', gap: 4, flexWrap: 'wrap' }}>
        <Button small on={value === null} aria-pressed={value === null} onClick={() => onChange(null)}>
          none
        </Button>
        {KINDS.map((k) => (
          <Button
            key={k}
            small
            on={value?.kind === k}
            aria-pressed={value?.kind === k}
            onClick={() => {
              if (value?.kind !== k) onChange({ kind: k, amount: SMOOTHING_START[k].first })
            }}
          >
            {SMOOTHING_LABELS[k]}
          </Button>
        ))}
      </div>
      <span>{SMOOTHING_TEXT[kind]} The raw line stays behind.</span>
      <div style={{ display: 'grid', gridTemplateColumns: '1fr 76px', gap: 12, alignItems: 'center' }}>
        <input
          type="range"
          min={0}
          max={end}
          step={step}
          value={Math.min(amount, end)}
          aria-label="Weight"
          style={{ accentColor: 'var(--accent)' }}
          onChange={(e) => put(Number(e.target.value))}
        />
        <input
          className={ui.input}
          inputMode="decimal"
          aria-label="Weight as a number"
          key={`${kind} ${amount}`}
          defaultValue={amount}
          onBlur={(e) => take(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter') take(e.currentTarget.value)
          }}
        />
      </div>
    </div>
  )
}

function FixedRange({
  value,
  onChange,
}: {
  value: readonly [number, number] | null
  onChange: (r: readonly [number, number]) => void
}) {
  const [lo, setLo] = useState(value ? String(value[0]) : '')
  const [hi, setHi] = useState(value ? String(value[1]) : '')
  const ok = lo.trim() !== '' && hi.trim() !== '' && Number(lo) < Number(hi)
  return (
    <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr auto', gap: 8, padding: '4px 8px' }}>
      <input
        className={ui.input}
        placeholder="lowest"
        aria-label="Lowest y"
        value={lo}
        onChange={(e) => setLo(e.target.value)}
      />
      <input
        className={ui.input}
        placeholder="highest"
        aria-label="Highest y"
        value={hi}
        onChange={(e) => setHi(e.target.value)}
      />
      <Button disabled={!ok} onClick={() => onChange([Number(lo), Number(hi)])}>
        Fix
      </Button>
    </div>
  )
}
