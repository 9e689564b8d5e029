// The controls beside the query of the runs page: filter, sort, group, columns.

import { Columns3 } from 'lucide-react'
import { useMemo } from 'react'
import type { ColumnsResult } from '../../base/api/types'
import { formatCount } from '../../base/format'
import type { ParamNames } from '../../base/paramPath'
import { NAME, toAddress, withColumns } from '../../parts/fields/columnLayout'
import { fieldNamed } from '../../parts/fields/runFields'
import { columnTitle, othersThan, paramNames } from '../../parts/fields/columns'
import { FilterBuilder } from '../../parts/query/FilterBuilder'
import { QueryChips } from '../../parts/query/QueryChips'
import { Button } from '../../widgets/basics'
import { Chip } from '../../widgets/Chip'
import { late, useAhead } from '../../widgets/late'
import { Popover } from '../../widgets/Popover'
import { groupLabel, GroupPicker } from './GroupCells'
import { RUNS_DEFAULT, type RunsView } from './runsAddress'

const SortMenu = late(() => import('./SortMenu').then((m) => m.SortMenu))
const ColumnPicker = late(() => import('./columns/ColumnPicker').then((m) => m.ColumnPicker))

interface Props {
  readonly view: RunsView
  readonly change: (v: Partial<RunsView>) => void
  /** All columns but the name, in order. */
  readonly list: readonly string[]
  readonly known: ColumnsResult | undefined
  /** What was picked where the address names no columns. */
  readonly picked: string | null
  readonly arrange: (list: readonly string[]) => void
}

export function RunsControls({ view, change, list, known, picked, arrange }: Props) {
  const { group } = view
  useAhead(SortMenu, ColumnPicker)
  const names = useMemo(() => paramNames(known), [known])
  return (
    <QueryChips>
      <FilterBuilder query={view.q} kind="runs" onRun={(q) => change({ q })} />
      <SortChip {...{ view, change, list, known, names }} />
      <Chip
        label="Group"
        value={group.length > 0 ? group.map((g) => groupLabel(g, names)).join(', ') : 'none'}
        onReset={group.length > 0 ? () => change({ group: [] }) : undefined}
      >
        {() => <GroupPicker data={known} value={group} onChange={(group) => change({ group })} />}
      </Chip>
      <ColumnsButton
        q={view.q}
        known={known}
        picked={picked}
        list={list}
        onChange={arrange}
        onReset={() => change({ columns: null, pinned: [], heat: [], widths: {} })}
      />
    </QueryChips>
  )
}

interface SortProps extends Pick<Props, 'view' | 'change' | 'list' | 'known'> {
  readonly names: ParamNames
}

function SortChip({ view, change, list, known, names }: SortProps) {
  const { sort } = view
  const titleOf = (by: string) => fieldNamed(by)?.label ?? columnTitle(by.replace(/^params\./, ''), names)
  const value = sort.map((s) => `${titleOf(s.by)} ${s.desc ? '↓' : '↑'}`).join(', ')
  const isUsual = sort.length === 1 && sort[0]!.by === 'created_at' && sort[0]!.desc
  return (
    <Chip label="Sort" value={value} onReset={isUsual ? undefined : () => change({ sort: RUNS_DEFAULT.sort })} wide>
      {(close) => (
        <SortMenu
          {...{ sort, known, list, titleOf }}
          onSort={(next) => change({ sort: next })}
          onChoose={({ by, desc, column }) => {
            const at = sort.find((s) => s.by === by)
            const isShown = column === NAME || list.includes(column)
            change({
              sort: [{ by, desc: at && sort.length === 1 ? !at.desc : desc }],
              // What the runs are sorted by can be read.
              ...(isShown ? {} : { columns: toAddress(withColumns(list, [column])) }),
            })
            close()
          }}
        />
      )}
    </Chip>
  )
}

interface ColumnsProps extends Pick<Props, 'known' | 'picked' | 'list'> {
  readonly q: string
  readonly onChange: (list: readonly string[]) => void
  readonly onReset: () => void
}

function ColumnsButton({ q, known, picked, list, onChange, onReset }: ColumnsProps) {
  const others = othersThan(list, known)
  return (
    <Popover
      label="Columns"
      wide
      trigger={(p) => (
        <Button small title={picked ?? undefined} {...p}>
          <Columns3 size={14} strokeWidth={1.5} /> Columns {formatCount(list.length)}
          {others > 0 && <span className="muted"> · {formatCount(others)} more</span>}
        </Button>
      )}
    >
      {() => <ColumnPicker q={q} data={known} picked={picked} value={list} onChange={onChange} onReset={onReset} />}
    </Popover>
  )
}
