// The runs that were deleted and can be restored. Only `aim storage prune` removes them for good.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { api } from '../../base/api/client'
import type { TrashedRun } from '../../base/api/types'
import { formatAgo, formatCount, formatDateTime, plural } from '../../base/format'
import { useKeys } from '../../base/keys'
import { useInfo, useLiveChange, useThrottled } from '../../base/queries'
import { navigate } from '../../base/route'
import { bulk } from '../../parts/edits/runActions'
import { Button, Empty, Failed, Link } from '../../widgets/basics'
import { Grid, type Column } from '../../widgets/grid/Grid'
import { Count, PageHeader } from '../../widgets/PageHeader'
import pages from '../../widgets/pages.module.css'

const LIVE_MS = 2000
const NOTHING: ReadonlySet<string> = new Set()
const KEY = ['trash']

export function TrashPage() {
  const queries = useQueryClient()
  const readOnly = useInfo().data?.read_only ?? false
  const trash = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => api.trash(signal),
    retry: false,
    refetchOnMount: 'always',
  })
  const [chosen, setChosen] = useState<ReadonlySet<string>>(NOTHING)
  const again = useCallback(() => void queries.invalidateQueries({ queryKey: KEY }), [queries])
  useLiveChange(useThrottled(again, LIVE_MS))
  const runs = useMemo(() => trash.data?.runs ?? [], [trash.data])
  const marked = useMemo(() => new Set(runs.map((r) => r.hash).filter((h) => chosen.has(h))), [runs, chosen])
  const restore = useCallback(
    (hashes: readonly string[]) => {
      setChosen(NOTHING)
      void bulk(hashes, 'restore', again)
    },
    [again],
  )
  const toggle = useCallback(
    (run: TrashedRun) =>
      setChosen((old) => {
        const next = new Set(old)
        if (!next.delete(run.hash)) next.add(run.hash)
        return next
      }),
    [],
  )
  useTrashKeys(() => setChosen(NOTHING))
  const columns = useMemo(() => trashColumns(readOnly, restore), [readOnly, restore])
  const rowAt = useCallback((i: number) => runs[i], [runs])
  const total = trash.data?.total ?? 0
  return (
    <>
      <PageHeader
        title="Trash"
        actions={
          !readOnly &&
          runs.length > 0 && (
            <Button onClick={() => restore(marked.size > 0 ? [...marked] : runs.map((r) => r.hash))}>
              Restore {marked.size > 0 ? formatCount(marked.size) : total > runs.length ? 'those listed' : 'all'}
            </Button>
          )
        }
      >
        {trash.data && (
          <Count>
            <span className="num">
              {total > runs.length ? `${formatCount(runs.length)} of ` : ''}
              {plural(total, 'deleted run')}
            </span>
          </Count>
        )}
      </PageHeader>
      {trash.error && !trash.data ? (
        <Failed error={trash.error} retry={() => void trash.refetch()} />
      ) : trash.data && runs.length === 0 ? (
        <Empty title="The trash is empty">
          <p>Runs that are deleted come here, and can be restored.</p>
          <Button onClick={() => navigate('/runs')}>All runs</Button>
        </Empty>
      ) : (
        trash.data && (
          <>
            <p className="muted" style={{ padding: '4px 12px 8px' }}>
              Deleted runs stay here until <code>aim storage prune</code> removes them for good.
              {readOnly && (
                <>
                  {' '}
                  This server is read-only: <code>aim runs restore RUN</code> restores one.
                </>
              )}
            </p>
            <div className={pages.body}>
              <Grid<TrashedRun>
                label="Trash"
                name="trash"
                columns={columns}
                count={runs.length}
                rowAt={rowAt}
                rowKey={hashOf}
                onOpen={(r) => navigate(`/runs/${r.hash}`)}
                selected={marked}
                onToggle={toggle}
                version={trash.data}
                stretch
              />
            </div>
          </>
        )
      )}
    </>
  )
}

const hashOf = (r: TrashedRun) => r.hash
const nameOf = (r: TrashedRun) => r.name || r.hash.slice(0, 8)

function trashColumns(readOnly: boolean, restore: (hashes: readonly string[]) => void): Column<TrashedRun>[] {
  const time = (id: string, title: string, of: (r: TrashedRun) => number | null): Column<TrashedRun> => ({
    id,
    title,
    width: 140,
    render: (r) => <span title={formatDateTime(of(r))}>{formatAgo(of(r))}</span>,
    text: (r) => formatDateTime(of(r)),
  })
  const columns: Column<TrashedRun>[] = [
    {
      id: 'name',
      title: 'Run',
      width: 280,
      render: (r) => <Link to={`/runs/${r.hash}`}>{nameOf(r)}</Link>,
      text: nameOf,
    },
    {
      id: 'experiment',
      title: 'Experiment',
      width: 180,
      render: (r) => <span className="ellipsis">{r.experiment}</span>,
      text: (r) => r.experiment,
    },
    time('deleted', 'Deleted', (r) => r.deleted_at),
    time('created', 'Created', (r) => r.created_at),
  ]
  if (!readOnly)
    columns.push({
      id: 'restore',
      title: '',
      width: 110,
      render: (r) => (
        <Button small aria-label={`Restore ${nameOf(r)}`} onClick={() => restore([r.hash])}>
          Restore
        </Button>
      ),
      text: () => '',
    })
  return columns
}

function useTrashKeys(clear: () => void): void {
  const focusTable = () => document.querySelector<HTMLElement>('[role=grid]')?.focus()
  useKeys([
    { key: 'Escape', does: 'Clear the selection', run: clear },
    { key: 'j', does: 'Next row', run: focusTable },
    { key: 'x', does: 'Select the row (in the table)', run: focusTable },
  ])
}
