// What is done to one or many runs: optimistic, with Undo for 10 s.

import { useState } from 'react'
import { join, joinKeys } from '../../base/address'
import { cancel, useWrites, write, type Outcome } from '../../base/api/writes'
import type { BulkAction } from '../../base/api/types'
import { currentPlace, navigate } from '../../base/route'
import { toast, useSelection } from '../../base/stores'
import { Button } from '../../widgets/basics'
import { Dialog, DialogButtons } from '../../widgets/Dialog'
import { formatCount, plural } from '../../base/format'
import ui from '../../widgets/ui.module.css'
import shell from '../../widgets/shell.module.css'

const BACK: Record<BulkAction, BulkAction> = {
  archive: 'unarchive',
  unarchive: 'archive',
  delete: 'restore',
  restore: 'delete',
  add_tag: 'remove_tag',
  remove_tag: 'add_tag',
}
const DONE: Record<BulkAction, string> = {
  archive: 'archived',
  unarchive: 'restored',
  delete: 'deleted',
  restore: 'restored',
  add_tag: 'tagged',
  remove_tag: 'untagged',
}

/** What waits for the server is kept in this browser, and can be taken back as long as it does. */
export async function bulk(
  hashes: readonly string[],
  action: BulkAction,
  after: () => void,
  tag?: string,
): Promise<void> {
  const runs = plural(hashes.length, 'run')
  const change = {
    field: 'bulk' as const,
    hash: '',
    what: `${runs} to be ${DONE[action]}`,
    bulk: { hashes, action, ...(tag ? { tag } : {}) },
  }
  const outcome = await write(change)
  after()
  if (outcome.kind === 'refused') toast(outcome.message, { kind: 'error' })
  else if (outcome.kind === 'kept') {
    toast(`Kept until the server is back: ${change.what}`, {
      action: {
        label: 'Undo',
        run: () => {
          if (cancelLatest(change.what)) after()
          else void bulk(hashes, BACK[action], after, tag)
        },
      },
    })
  } else if (outcome.kind === 'sent' && outcome.bulk) {
    const { done, failed } = outcome.bulk
    if (failed.length > 0)
      toast(`${plural(failed.length, 'run')} not ${DONE[action]}: ${failed[0]!.message}`, { kind: 'error' })
    if (done.length > 0)
      toast(`${plural(done.length, 'run')} ${DONE[action]}`, {
        action: { label: 'Undo', run: () => void undo(done, action, after, tag) },
      })
  }
}

async function undo(hashes: readonly string[], action: BulkAction, after: () => void, tag?: string): Promise<void> {
  const back = BACK[action]
  const outcome = await write({
    field: 'bulk',
    hash: '',
    what: `${plural(hashes.length, 'run')} to be ${DONE[back]}`,
    bulk: { hashes, action: back, ...(tag ? { tag } : {}) },
  })
  after()
  if (outcome.kind === 'refused') toast(outcome.message, { kind: 'error' })
}

function cancelLatest(what: string): boolean {
  const waiting = useWrites
    .getState()
    .list.filter((w) => w.what === what)
    .pop()
  return waiting !== undefined && cancel(waiting.id)
}

/** Changes a run; reports what cannot be changed. */
export async function edit(change: Parameters<typeof write>[0]): Promise<Outcome> {
  const outcome = await write(change)
  if (outcome.kind === 'refused') toast(outcome.message, { kind: 'error' })
  return outcome
}

/** Metrics of chosen runs; on Metrics the view that is shown, of these runs. */
export function metricsOf(hashes: readonly string[]): string {
  const { path, search } = currentPlace()
  const now = path === '/metrics' ? [...new URLSearchParams(search)].filter(([key]) => key !== 'runs') : []
  return `/metrics${join([...now, ['runs', joinKeys(hashes)]])}`
}

/** `archived`: all that is selected is; then it can be restored rather than archived. */
export function SelectionBar({
  after,
  readOnly,
  archived = false,
  extra,
}: {
  after: () => void
  readOnly: boolean
  archived?: boolean
  extra?: React.ReactNode
}) {
  const { runs, clear } = useSelection()
  const [ask, setAsk] = useState<'delete' | 'tag' | null>(null)
  const hashes = [...runs]
  if (hashes.length === 0) return null
  return (
    <div className={shell.bar} role="region" aria-label="Selection">
      <b className="num">{formatCount(hashes.length)} selected</b>
      <Button small onClick={() => navigate(metricsOf(hashes))}>
        Show metrics
      </Button>
      {!readOnly && (
        <>
          <Button small onClick={() => setAsk('tag')}>
            Tag
          </Button>
          <Button
            small
            onClick={() =>
              void bulk(hashes, archived ? 'unarchive' : 'archive', () => {
                clear()
                after()
              })
            }
          >
            {archived ? 'Restore' : 'Archive'}
          </Button>
          <Button
            small
            danger
            onClick={() =>
              hashes.length === 1
                ? void bulk(hashes, 'delete', () => {
                    clear()
                    after()
                  })
                : setAsk('delete')
            }
          >
            Delete
          </Button>
        </>
      )}
      {extra}
      <Button small quiet onClick={clear}>
        Clear
      </Button>
      {ask === 'delete' && (
        <AskDelete
          count={hashes.length}
          onClose={() => setAsk(null)}
          onDelete={() => {
            setAsk(null)
            void bulk(hashes, 'delete', () => {
              clear()
              after()
            })
          }}
        />
      )}
      {ask === 'tag' && (
        <AskTag
          onClose={() => setAsk(null)}
          onTag={(t) => {
            setAsk(null)
            void bulk(hashes, 'add_tag', after, t)
          }}
        />
      )}
    </div>
  )
}

function AskDelete({ count, onClose, onDelete }: { count: number; onClose: () => void; onDelete: () => void }) {
  const [text, setText] = useState('')
  const ok = text.trim().replace(/\s/g, '') === String(count)
  return (
    <Dialog title={`Delete ${formatCount(count)} runs?`} onClose={onClose}>
      <p>
        They move to the repo's trash, where they can be restored until it is emptied. To go on, type the number of
        runs.
      </p>
      <input
        className={ui.input}
        style={{ marginTop: 12 }}
        autoFocus
        aria-label="Number of runs"
        value={text}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && ok) onDelete()
        }}
      />
      <DialogButtons>
        <Button onClick={onClose}>Keep them</Button>
        <Button danger disabled={!ok} onClick={onDelete}>
          Delete {formatCount(count)} runs
        </Button>
      </DialogButtons>
    </Dialog>
  )
}

function AskTag({ onClose, onTag }: { onClose: () => void; onTag: (tag: string) => void }) {
  const [text, setText] = useState('')
  return (
    <Dialog title="Add a tag" onClose={onClose}>
      <input
        className={ui.input}
        autoFocus
        aria-label="Tag"
        placeholder="baseline"
        value={text}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && text.trim()) onTag(text.trim())
        }}
      />
      <DialogButtons>
        <Button onClick={onClose}>Cancel</Button>
        <Button primary disabled={!text.trim()} onClick={() => onTag(text.trim())}>
          Add
        </Button>
      </DialogButtons>
    </Dialog>
  )
}
