// One row per sequence, with its value at the crosshair. Hovering fills cells by hand; React only sorts.

import { Eye, EyeOff } from 'lucide-react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useSelection } from '../../base/stores'
import type { MetricsView } from '../../parts/curves/metricsAddress'
import { hoverStore, inFrame } from '../../base/hover'
import { crossValue } from '../../charts/data/seriesCache'
import { Grid, type Column, type SortState } from '../../widgets/grid/Grid'
import { Link, StatusPill, Swatch } from '../../widgets/basics'
import { DIGITS, digitsOfTrios, formatCell, formatCount } from '../../base/format'
import { compareTexts } from '../../base/order'
import { contextText } from '../../parts/fields/columns'
import { fieldText, type FoundLine, type Model } from '../../parts/curves/metricsModel'
import css from '../../widgets/pages.module.css'

interface Props {
  readonly model: Model
  readonly view: MetricsView
  readonly hiddenLines: ReadonlySet<string>
  readonly onHide: (id: string) => void
  readonly onPin: (run: string) => void
}

/** Sorting by the value at the crosshair follows once the pointer has rested. */
const REST_MS = 200

export function SequenceTable({ model, view, hiddenLines, onHide, onPin }: Props) {
  const [sort, setSort] = useState<readonly SortState[]>([])
  const [crossX, setCrossX] = useState<number | null>(null)
  const selection = useSelection()
  const lines = useMemo(() => model.charts.flatMap((c) => c.lines), [model])
  const digits = useMemo(() => digitsByMetric(lines), [lines])
  const byCross = sort.some((s) => s.by === 'cross')

  useEffect(() => {
    let timer = 0
    const fill = () => {
      const { x } = hoverStore.getState()
      for (const e of document.querySelectorAll<HTMLElement>('[data-cross]')) setCell(e, x)
    }
    return hoverStore.subscribe(() => {
      inFrame(fill)
      if (!byCross) return
      clearTimeout(timer)
      timer = window.setTimeout(() => {
        const { x } = hoverStore.getState()
        if (x !== null) setCrossX(x)
      }, REST_MS)
    })
  }, [byCross])

  const rows = useMemo(() => {
    if (sort.length === 0) return lines
    const value = (l: FoundLine, by: string): number | string => {
      const s = l.sequence
      switch (by) {
        case 'run':
          return l.run.name
        case 'metric':
          return `${s.name} ${contextText(s.context)}`
        case 'cross':
          return crossX === null ? NaN : crossValue(s.id, crossX)
        case 'last':
          return s.last ?? NaN
        case 'min':
          return s.min ?? NaN
        case 'max':
          return s.max ?? NaN
        case 'points':
          return s.count
        case 'status':
          return l.run.status
        default:
          return fieldText(by, s, l.run)
      }
    }
    const keyed = lines.map((l) => ({ l, v: sort.map((s) => value(l, s.by)) }))
    keyed.sort((a, b) => {
      for (let i = 0; i < sort.length; i++) {
        const x = a.v[i]!
        const y = b.v[i]!
        const sign = sort[i]!.desc ? -1 : 1
        if (typeof x === 'number' && typeof y === 'number') {
          // What has no value comes last, whichever way.
          if (Number.isNaN(x) || Number.isNaN(y)) {
            if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1
          } else if (x !== y) return (x - y) * sign
        } else {
          const d = compareTexts(String(x), String(y))
          if (d !== 0) return d * sign
        }
      }
      return 0
    })
    return keyed.map((k) => k.l)
  }, [lines, sort, crossX])

  const columns = useMemo<Column<FoundLine>[]>(() => {
    const extra = [...new Set([view.colour, view.dash, ...(view.facets ?? [])])].filter(
      (f) => f.startsWith('params.') || f === 'experiment' || f === 'tags',
    )
    return [
      {
        id: 'run',
        title: 'Run',
        width: 260,
        sort: 'run',
        render: (l) => (
          <span className={css.name}>
            <button
              type="button"
              className={css.eye}
              aria-label={hiddenLines.has(l.sequence.id) ? 'Show the line' : 'Hide the line'}
              onClick={() => onHide(l.sequence.id)}
            >
              {hiddenLines.has(l.sequence.id) ? (
                <EyeOff size={14} strokeWidth={1.5} />
              ) : (
                <Eye size={14} strokeWidth={1.5} />
              )}
            </button>
            <Swatch slot={model.groups[l.group]!.slot} />
            <Link to={`/runs/${l.sequence.run}`}>{l.run.name || l.sequence.run.slice(0, 8)}</Link>
          </span>
        ),
        text: (l) => l.run.name,
      },
      {
        id: 'status',
        title: 'Status',
        width: 104,
        sort: 'status',
        render: (l) => <StatusPill status={l.run.status} />,
      },
      {
        id: 'metric',
        title: 'Metric',
        width: 190,
        sort: 'metric',
        render: (l) => (
          <span className="ellipsis">
            {l.sequence.name} <span className="muted">{contextText(l.sequence.context)}</span>
          </span>
        ),
        text: (l) => `${l.sequence.name} ${contextText(l.sequence.context)}`,
      },
      ...extra.map((f): Column<FoundLine> => ({
        id: f,
        title: f.replace(/^params\.(hparams\.)?/, ''),
        hint: f,
        width: 110,
        sort: f,
        plain: (l) => fieldText(f, l.sequence, l.run),
      })),
      {
        id: 'cross',
        title: 'at crosshair',
        width: Math.max(120, 9 * Math.max(...digits.values()) + 40),
        align: 'right',
        sort: 'cross',
        render: (l) => (
          <span
            key={l.sequence.id}
            data-cross={l.sequence.id}
            data-digits={digits.get(l.sequence.name)}
            ref={fillCell}
          />
        ),
      },
      {
        id: 'last',
        title: 'last',
        width: 110,
        align: 'right',
        sort: 'last',
        plain: (l) => formatCell(l.sequence.last, digits.get(l.sequence.name)),
        text: (l) => String(l.sequence.last ?? ''),
      },
      {
        id: 'min',
        title: 'min',
        width: 110,
        align: 'right',
        sort: 'min',
        plain: (l) => formatCell(l.sequence.min, digits.get(l.sequence.name)),
        text: (l) => String(l.sequence.min ?? ''),
      },
      {
        id: 'max',
        title: 'max',
        width: 110,
        align: 'right',
        sort: 'max',
        plain: (l) => formatCell(l.sequence.max, digits.get(l.sequence.name)),
        text: (l) => String(l.sequence.max ?? ''),
      },
      {
        id: 'points',
        title: 'points',
        width: 96,
        align: 'right',
        sort: 'points',
        plain: (l) => formatCount(l.sequence.count),
      },
    ]
  }, [view.colour, view.dash, view.facets, hiddenLines, onHide, model.groups, digits])

  const reveal = useMemo(
    () => (view.focus ? rows.findIndex((r) => r.sequence.run === view.focus) : null),
    [view.focus, rows],
  )
  const onSort = useCallback(
    (by: string, add: boolean) =>
      setSort((s) => {
        const at = s.find((k) => k.by === by)
        const next = { by, desc: at ? !at.desc : by === 'last' || by === 'max' || by === 'points' }
        return add ? [...s.filter((k) => k.by !== by), next].slice(-3) : [next]
      }),
    [],
  )
  return (
    <Grid
      label="Sequences"
      name="sequences"
      columns={columns}
      count={rows.length}
      rowAt={useCallback((i: number) => rows[i], [rows])}
      rowKey={lineRun}
      runOf={lineRun}
      sort={sort}
      onSort={onSort}
      selected={selection.runs}
      onToggle={(l) => selection.toggle(l.sequence.run)}
      onOpen={(l) => onPin(l.sequence.run)}
      reveal={reveal}
      version={hiddenLines}
    />
  )
}

function setCell(e: HTMLElement, x: number | null): void {
  const v = x === null ? null : crossValue(e.dataset.cross!, x)
  const text = v === null ? '' : Number.isNaN(v) ? '–' : formatCell(v, Number(e.dataset.digits ?? DIGITS))
  if (e.textContent !== text) e.textContent = text
}

/** By metric, the digits that tell its values apart. */
function digitsByMetric(lines: readonly FoundLine[]): ReadonlyMap<string, number> {
  const rows = new Map<string, (readonly (number | null)[])[]>()
  for (const { sequence: s } of lines) {
    const row = [s.last, s.min, s.max]
    const known = rows.get(s.name)
    if (known) known.push(row)
    else rows.set(s.name, [row])
  }
  return new Map([...rows].map(([name, trios]) => [name, digitsOfTrios(trios)]))
}

/** A cell that scrolls or sorts into sight is filled at once. */
function fillCell(e: HTMLElement | null): void {
  if (e) setCell(e, hoverStore.getState().x)
}

const lineRun = (l: FoundLine) => l.sequence.run
