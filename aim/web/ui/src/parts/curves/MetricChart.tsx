import { Ellipsis, Lock } from 'lucide-react'
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { shareLink } from '../../base/storedViews'
import { useSettings } from '../../base/stores'
import type { MetricsView } from './metricsAddress'
import { Button, cx } from '../../widgets/basics'
import { Dialog, DialogButtons } from '../../widgets/Dialog'
import { digitsOfTrios, formatCount, formatNumber, plural } from '../../base/format'
import { MenuItem, MenuLine, Popover } from '../../widgets/Popover'
import ui from '../../widgets/ui.module.css'
import { saveFile } from '../../base/saveFile'
import type { Move } from './chartOrder'
import type { FoundChart } from './metricsModel'
import css from '../../charts/Chart.module.css'
import { useFrames } from '../../charts/data/frames'
import { clearHover, setHover } from '../../base/hover'
import { remember } from '../../charts/data/seriesCache'
import { bucketsFor } from '../../charts/data/lod'
import { leastPositive } from '../../base/series'
import { DASHES, slotVariable } from '../../base/palette'
import type { ChartEvents, ChartGroup, ChartLine, ChartNotes, ChartSpec } from '../../charts/layout/model'
import { ChartView } from '../../charts/view'

export interface ChartProps {
  readonly chart: FoundChart
  readonly groups: readonly ChartGroup[]
  readonly view: MetricsView
  /** What the x axis spans while nothing is zoomed; null while it is unknown. */
  readonly from: number | null
  readonly to: number | null
  /** That is not the axis of the other charts. */
  readonly ownAxis: boolean
  readonly hiddenGroups: ReadonlySet<string>
  readonly hiddenLines: ReadonlySet<string>
  readonly selected: ReadonlySet<string>
  readonly onlySelected: boolean
  readonly wide: boolean
  readonly onExtent: (chart: string, lo: number, hi: number) => void
  readonly onZoom: (chart: string, x: [number, number], y: [number, number] | null) => void
  readonly onZoomBack: () => void
  readonly onZoomReset: (chart: string) => void
  readonly onPin: (run: string | null) => void
  readonly onSelect: (run: string) => void
  readonly onLog: (metric: string) => void
  readonly onWide: (chart: string) => void
  readonly onGroup: (key: string, only: boolean) => void
  readonly onOutliersOff: () => void
  readonly pinned: boolean
  readonly onPinChart: (chart: string) => void
  readonly onMove: (chart: string, to: Move) => void
  /** Null where charts stand by name. */
  readonly onOrderReset: (() => void) | null
}

const LEGEND_CHIPS = 12
/** What a dragged chart carries: its key. */
const CHART_TYPE = 'application/x-aim-chart'
const NO_NOTES: ChartNotes = {
  resolution: '',
  notPositive: '',
  clipped: 0,
  bands: 0,
  nonfinite: 0,
  unplaced: '',
  nothing: '',
  summary: '',
}

export const MetricChart = memo(function MetricChart(p: ChartProps) {
  const { chart, groups, view } = p
  const host = useRef<HTMLDivElement>(null)
  const card = useRef<HTMLElement>(null)
  const chartView = useRef<ChartView | null>(null)
  const [visible, setVisible] = useState(false)
  const [buckets, setBuckets] = useState(0)
  const [width, setWidth] = useState(400)
  const [notes, setNotes] = useState(NO_NOTES)
  const [drawAll, setDrawAll] = useState(false)
  const [isTarget, setTarget] = useState(false)
  const [table, setTable] = useState(false)
  const notesBox = useRef<HTMLDivElement>(null)
  const themeVersion = useSettings((s) => s.themeVersion)

  const range = view.syncZoom ? view.range : (view.xRanges[chart.key] ?? null)
  const ids = useMemo(() => chart.lines.map((l) => l.sequence.id), [chart.lines])
  const runs = useMemo(() => new Map(chart.lines.map((l) => [l.sequence.id, l.sequence.run])), [chart.lines])
  const frames = useFrames({
    ids,
    x: view.x,
    xLog: view.xLog,
    attempts: view.attempts,
    buckets,
    range,
    smoothing: view.smoothing,
    visible: visible && buckets > 0,
    runOf: (id) => runs.get(id) ?? '',
  })

  const events: ChartEvents = {
    onZoom: (x, y) => p.onZoom(chart.key, x, y),
    onZoomBack: p.onZoomBack,
    onZoomReset: () => p.onZoomReset(chart.key),
    onPin: p.onPin,
    onSelect: p.onSelect,
    onLog: () => p.onLog(chart.metric),
    onExpand: () => p.onWide(chart.key),
    onNotes: setNotes,
  }
  useLayoutEffect(() => {
    const view = new ChartView(chart.key, host.current!, events)
    chartView.current = view
    const sizes = new ResizeObserver(() => {
      setBuckets(bucketsFor(view.plotWidth, devicePixelRatio || 1))
      setWidth(host.current?.clientWidth ?? 400)
    })
    sizes.observe(host.current!)
    const sight = new IntersectionObserver((entries) => setVisible(entries[entries.length - 1]!.isIntersecting), {
      rootMargin: '100px',
    })
    sight.observe(card.current!)
    return () => {
      sizes.disconnect()
      sight.disconnect()
      view.destroy()
    }
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- one chart for the life of the card; events are set below
  }, [])
  useEffect(() => {
    if (chartView.current) chartView.current.events = events
  })

  const lines = useMemo<ChartLine[]>(() => {
    const out: ChartLine[] = []
    for (const l of chart.lines) {
      const series = frames.series.get(l.sequence.id)
      if (!series || (p.onlySelected && !p.selected.has(l.sequence.run))) continue
      out.push({
        key: l.sequence.id,
        run: l.sequence.run,
        label: l.run.name || l.sequence.run.slice(0, 8),
        metric: l.sequence.name,
        group: l.group,
        live: l.run.status === 'running',
        series,
      })
    }
    return out
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `version` changes with the content of the map
  }, [chart.lines, frames.series, frames.version, p.onlySelected, p.selected])

  // What the x axis spans, for all charts of the page.
  const { onExtent } = p
  useEffect(() => {
    remember(frames.series.values())
    if (range) return
    let lo = Infinity
    let hi = -Infinity
    for (const s of frames.series.values()) {
      if (s.x.length === 0) continue
      lo = Math.min(lo, view.xLog ? leastPositive(s.x) : s.x[0]!)
      if (s.x[s.x.length - 1]! > hi) hi = s.x[s.x.length - 1]!
    }
    if (view.xLog && lo === Infinity) lo = hi
    if (lo <= hi) onExtent(chart.key, lo, hi)
  }, [frames.series, frames.version, range, chart.key, onExtent, view.xLog])

  const yFixed = view.yRanges[chart.key] ?? null
  const log = view.yLog.includes(chart.metric)
  const domain = useMemo<readonly [number, number]>(
    () => (p.from !== null && p.to !== null ? [p.from, p.to] : [0, 1]),
    [p.from, p.to],
  )
  const spec = useMemo<ChartSpec>(
    () => ({
      lines,
      groups,
      xAxis: view.x,
      attempts: view.attempts,
      xKind: view.xLog ? 'log' : 'linear',
      yKind: log ? 'log' : 'linear',
      xDomain: range ?? domain,
      yFixed,
      outliers: view.outliers,
      smoothing: view.smoothing,
      aggregate: view.aggregate,
      gaps: view.gaps,
      hiddenGroups: p.hiddenGroups,
      hiddenLines: p.hiddenLines,
      focus: view.focus,
      selected: p.selected,
      refining: frames.refining,
      drawAll,
    }),
    [
      lines,
      groups,
      view,
      range,
      log,
      yFixed,
      domain,
      p.hiddenGroups,
      p.hiddenLines,
      p.selected,
      frames.refining,
      drawAll,
    ],
  )
  // The note stands in the row of the x axis: labels leave it room.
  useLayoutEffect(
    () => chartView.current?.reserve(notesBox.current?.offsetWidth ?? 0),
    [notes, frames.loading, p.ownAxis, range],
  )
  useEffect(() => {
    if (visible) chartView.current?.update(spec)
  }, [spec, visible, themeVersion])

  const here = useMemo(() => {
    const counts = new Map<number, number>()
    for (const l of chart.lines) counts.set(l.group, (counts.get(l.group) ?? 0) + 1)
    return [...counts].sort(([a], [b]) => a - b).map(([g, n]) => ({ group: groups[g]!, n }))
  }, [chart.lines, groups])

  const file = (`${chart.name} ${chart.context}`.trim() || 'chart').replace(/[^\w=.-]+/g, '_')
  const title = chart.context ? `${chart.name} · ${chart.context}` : chart.name
  const zoomed = range !== null || yFixed !== null
  const nothing =
    notes.nothing && lines.length === 0 && frames.series.size > 0 ? 'no run of this chart is selected' : notes.nothing
  return (
    <section
      ref={card}
      className={cx(css.chart, p.wide && css.wide, isTarget && css.target)}
      aria-label={title}
      onDragOver={(e) => {
        if (e.dataTransfer.types.includes(CHART_TYPE)) {
          e.preventDefault()
          setTarget(true)
        }
      }}
      onDragLeave={() => setTarget(false)}
      onDrop={(e) => {
        setTarget(false)
        const from = e.dataTransfer.getData(CHART_TYPE)
        if (!from) return
        e.preventDefault()
        p.onMove(from, { before: chart.key })
      }}
    >
      <div className={css.title}>
        <h2
          title={`${chart.name}: drag to move the chart`}
          className={css.handle}
          draggable
          onDragStart={(e) => {
            e.dataTransfer.setData(CHART_TYPE, chart.key)
            e.dataTransfer.effectAllowed = 'move'
          }}
        >
          {chart.name}
        </h2>
        <span className={css.context} title={chart.context}>
          {[
            chart.context,
            view.aggregate
              ? `${view.aggregate.line}${view.aggregate.band === 'none' ? '' : ` and ${view.aggregate.band}`}`
              : '',
            log ? 'log' : '',
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
        {(notes.clipped > 0 || notes.bands > 0) && (
          <div className={css.chips}>
            {notes.clipped > 0 && !yFixed && (
              <button type="button" onClick={p.onOutliersOff}>
                {formatCount(notes.clipped)} clipped · show
              </button>
            )}
            {notes.clipped > 0 && yFixed && (
              <button type="button" onClick={() => p.onZoomReset(chart.key)}>
                {formatCount(notes.clipped)} outside · whole range
              </button>
            )}
            {notes.bands > 0 && (
              <button type="button" onClick={() => setDrawAll(true)}>
                {formatCount(notes.bands)} sequences shown as bands · draw all
              </button>
            )}
          </div>
        )}
        {yFixed && <Lock size={12} aria-label="Fixed y range" />}
        <Legend
          items={here}
          hidden={p.hiddenGroups}
          onGroup={p.onGroup}
          room={width * 0.58 - (notes.clipped > 0 ? 90 : 0)}
          noun={view.colour === 'run' && !view.dash ? 'run' : 'group'}
          showChips={view.colour !== 'run' || here.length <= 3}
        />
        <Popover
          label={`Menu of ${title}`}
          menu
          align="end"
          trigger={(t) => (
            <Button small icon quiet aria-label={`Menu of ${title}`} {...t}>
              <Ellipsis size={16} strokeWidth={1.5} />
            </Button>
          )}
        >
          {(close) => (
            <>
              <MenuItem
                checked={log}
                onSelect={() => {
                  p.onLog(chart.metric)
                  close()
                }}
                hint="l"
              >
                Logarithmic y
              </MenuItem>
              <MenuItem
                onSelect={() => {
                  p.onWide(chart.key)
                  close()
                }}
                hint="f"
              >
                {p.wide ? 'Normal width' : 'Full width'}
              </MenuItem>
              <MenuItem
                disabled={!zoomed}
                onSelect={() => {
                  p.onZoomReset(chart.key)
                  close()
                }}
                hint="0"
              >
                Whole range
              </MenuItem>
              <MenuLine />
              <MenuItem
                checked={p.pinned}
                onSelect={() => {
                  p.onPinChart(chart.key)
                  close()
                }}
              >
                Pin to top
              </MenuItem>
              <MenuItem
                onSelect={() => {
                  p.onMove(chart.key, 'left')
                  close()
                }}
              >
                Move left
              </MenuItem>
              <MenuItem
                onSelect={() => {
                  p.onMove(chart.key, 'right')
                  close()
                }}
              >
                Move right
              </MenuItem>
              <MenuItem
                onSelect={() => {
                  p.onMove(chart.key, 'first')
                  close()
                }}
              >
                Move first
              </MenuItem>
              {p.onOrderReset && (
                <MenuItem
                  onSelect={() => {
                    p.onOrderReset?.()
                    close()
                  }}
                >
                  Order all by name
                </MenuItem>
              )}
              <MenuLine />
              <MenuItem
                onSelect={() => {
                  setTable(true)
                  close()
                }}
              >
                Show as table
              </MenuItem>
              <MenuItem
                onSelect={() => {
                  close()
                  void chartView.current?.toPng(1).then((b) => b && saveFile(b, `${file}.png`))
                }}
              >
                PNG
              </MenuItem>
              <MenuItem
                onSelect={() => {
                  close()
                  void chartView.current?.toPng(2).then((b) => b && saveFile(b, `${file}@2x.png`))
                }}
              >
                PNG, twice the size
              </MenuItem>
              <MenuItem
                onSelect={() => {
                  close()
                  saveFile(new Blob([chartView.current?.toSvg(title) ?? ''], { type: 'image/svg+xml' }), `${file}.svg`)
                }}
              >
                SVG
              </MenuItem>
              <MenuItem
                onSelect={() => {
                  close()
                  saveFile(new Blob([chartView.current?.toCsv() ?? ''], { type: 'text/csv' }), `${file}.csv`)
                }}
              >
                CSV of what is shown
              </MenuItem>
              <MenuItem
                onSelect={() => {
                  close()
                  void shareLink()
                }}
              >
                Copy link
              </MenuItem>
            </>
          )}
        </Popover>
      </div>
      <div
        ref={host}
        className={css.plot}
        role="img"
        tabIndex={0}
        aria-label={`${title}, ${notes.summary || 'loading'}`}
        data-chart={chart.key}
      >
        {frames.loading && frames.series.size === 0 && !frames.error && <div className={css.wait} />}
        {frames.error !== null && frames.error !== undefined && (
          <div className={css.over} role="alert">
            {frames.error instanceof Error ? frames.error.message : String(frames.error)}
            <Button small onClick={frames.retry}>
              Retry
            </Button>
          </div>
        )}
        {nothing && !frames.loading && !frames.error && (
          <div className={cx(css.over, css.nothing)} data-nothing="">
            {nothing[0]!.toUpperCase() + nothing.slice(1)}
          </div>
        )}
        <div className={css.notes} data-notes="" ref={notesBox}>
          {p.ownAxis && !range && (
            <span title="Its points take a small part of the other charts' x axis">own x axis</span>
          )}
          {notes.nonfinite > 0 && <span title="Marked on the x axis">{formatCount(notes.nonfinite)} not finite</span>}
          {notes.unplaced && (
            <span title="Points that have no place on this axis; they are not drawn">{notes.unplaced}</span>
          )}
          {notes.notPositive && <span>{notes.notPositive}</span>}
          {(frames.loading || notes.resolution) && <span>{frames.loading ? 'loading' : notes.resolution}</span>}
        </div>
      </div>
      {table && <AsTable title={title} lines={lines} onClose={() => setTable(false)} />}
    </section>
  )
})

function Legend({
  items,
  hidden,
  onGroup,
  showChips,
  noun,
  room,
}: {
  noun: string
  room: number
  items: readonly { group: ChartGroup; n: number }[]
  hidden: ReadonlySet<string>
  onGroup: (key: string, only: boolean) => void
  showChips: boolean
}) {
  const [text, setText] = useState('')
  if (items.length < 2 && hidden.size === 0) return <span style={{ marginLeft: 'auto' }} />
  const item = ({ group, n }: { group: ChartGroup; n: number }) => (
    <button
      key={group.key}
      type="button"
      className={css.legendItem}
      aria-pressed={!hidden.has(group.key)}
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
  if (
    showChips &&
    items.length <= LEGEND_CHIPS &&
    items.reduce((w, i) => w + i.group.label.length * 7 + (i.n > 1 ? String(i.n).length * 8 + 5 : 0) + 34, 0) < room
  )
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

function AsTable({ title, lines, onClose }: { title: string; lines: readonly ChartLine[]; onClose: () => void }) {
  const rows = lines.slice(0, 500).map((l) => {
    let lo = Infinity
    let hi = -Infinity
    const min = l.series.min ?? l.series.last
    const max = l.series.max ?? l.series.last
    for (let i = 0; i < min.length; i++) {
      if (min[i]! < lo) lo = min[i]!
      if (max[i]! > hi) hi = max[i]!
    }
    return {
      key: l.key,
      label: l.label,
      metric: l.metric,
      points: l.series.total,
      last: l.series.last[l.series.last.length - 1],
      lo,
      hi,
    }
  })
  const digits = digitsOfTrios(rows.map((r) => [r.last, r.lo, r.hi]))
  return (
    <Dialog title={title} onClose={onClose} wide>
      <div style={{ maxHeight: '60vh', overflow: 'auto' }} tabIndex={0}>
        <table style={{ width: '100%', borderCollapse: 'collapse' }}>
          <thead>
            <tr>
              {['Run', 'Metric', 'Points', 'Last', 'Lowest', 'Highest'].map((h, i) => (
                <th
                  key={h}
                  style={{
                    textAlign: i > 1 ? 'right' : 'left',
                    padding: '2px 8px',
                    fontWeight: 400,
                    color: 'var(--text-3)',
                  }}
                >
                  {h}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.key}>
                <td style={{ padding: '2px 8px' }}>{r.label}</td>
                <td style={{ padding: '2px 8px' }}>{r.metric}</td>
                {[
                  formatCount(r.points),
                  formatNumber(r.last, digits),
                  formatNumber(r.lo, digits),
                  formatNumber(r.hi, digits),
                ].map((v, i) => (
                  <td key={i} className="num" style={{ padding: '2px 8px', textAlign: 'right' }}>
                    {v}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {lines.length > rows.length && (
          <p className="muted">
            The first {rows.length} of {formatCount(lines.length)} lines
          </p>
        )}
      </div>
      <DialogButtons>
        <Button onClick={onClose}>Close</Button>
      </DialogButtons>
    </Dialog>
  )
}
