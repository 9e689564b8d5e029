// The controls beside the query of the runs page: filter, sort, group, columns.

import { Columns3 } from 'lucide-react'
import { useMemo } from 'react'
import type { ColumnsResult, RunRow, SortKey } from '../../base/api/types'
import { formatCount } from '../../base/format'
import { columnTitle, othersThan, paramNames } from '../../parts/fields/columns'
import { FilterBuilder } from '../../parts/query/FilterBuilder'
import { QueryChips } from '../../parts/query/QueryChips'
import { Button } from '../../widgets/basics'
import { Chip } from '../../widgets/Chip'
import type { Column } from '../../widgets/grid/Grid'
import { late } from '../../widgets/late'
import { MenuItem, Popover } from '../../widgets/Popover'
import { groupLabel, GroupPicker } from './GroupCells'
import { RUNS_DEFAULT, type RunsView } from './runsAddress'

const ColumnPicker = late(() => import('./columns/ColumnPicker').then((m) => m.ColumnPicker))

interface Props {
  readonly view: RunsView
  readonly change: (v: Partial<RunsView>) => void
  readonly onSort: (by: string, add: boolean) => void
  readonly columns: readonly Column<RunRow>[]
  /** All columns but the name, in order. */
  readonly list: readonly string[]
  readonly known: ColumnsResult | undefined
  /** What was picked where the address names no columns. */
  readonly picked: string | null
  readonly arrange: (list: readonly string[]) => void
}

export function RunsControls({ view, change, onSort, columns, list, known, picked, arrange }: Props) {
  const { group } = view
  const names = useMemo(() => paramNames(known), [known])
  return (
    <QueryChips>
      <FilterBuilder query={view.q} kind="runs" onRun={(q) => change({ q })} />
      <SortChip
        sort={view.sort}
        columns={columns}
        onSort={onSort}
        onReset={() => change({ sort: RUNS_DEFAULT.sort })}
      />
      <Chip
        label="Group"
        value={group.length > 0 ? group.map((g) => groupLabel(g, names)).join(', ') : 'none'}
        onReset={group.length > 0 ? () => change({ group: [] }) : undefined}
      >
        {() => <GroupPicker data={known} value={group} onChange={(group) => change({ group })} />}
      </Chip>
      <ColumnsButton
        known={known}
        picked={picked}
        list={list}
        onChange={arrange}
        onReset={() => change({ columns: null, pinned: [], heat: [], widths: {} })}
      />
    </QueryChips>
  )
}

interface SortProps {
  readonly sort: readonly SortKey[]
  readonly columns: readonly Column<RunRow>[]
  readonly onSort: (by: string, add: boolean) => void
  readonly onReset: () => void
}

function SortChip({ sort, columns, onSort, onReset }: SortProps) {
  const title = (by: string) => columnTitle(by.replace(/^params\./, '').replace('created_at', 'created'))
  const value = sort.map((s) => `${title(s.by)} ${s.desc ? '↓' : '↑'}`).join(', ')
  return (
    <Chip label="Sort" value={value} onReset={value === 'created ↓' ? undefined : onReset}>
      {(close) => (
        <>
          {columns
            .filter((c) => c.sort)
            .map((c) => {
              const at = sort.find((s) => s.by === c.sort)
              return (
                <MenuItem
                  key={c.id}
                  checked={at !== undefined}
                  hint={at ? (at.desc ? 'descending' : 'ascending') : undefined}
                  onSelect={() => {
                    onSort(c.sort!, false)
                    close()
                  }}
                >
                  {c.title}
                </MenuItem>
              )
            })}
        </>
      )}
    </Chip>
  )
}

interface ColumnsProps extends Pick<Props, 'known' | 'picked' | 'list'> {
  readonly onChange: (list: readonly string[]) => void
  readonly onReset: () => void
}

function ColumnsButton({ known, picked, list, onChange, onReset }: ColumnsProps) {
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
      {() => <ColumnPicker data={known} picked={picked} value={list} onChange={onChange} onReset={onReset} />}
    </Popover>
  )
}
