// Notes of a run: Markdown, saved 2 s after the last key, kept as a draft in this browser until the server has it.

import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api } from '../../base/api/client'
import type { Note, RunDetail } from '../../base/api/types'
import { newId, textOf, useWrites } from '../../base/api/writes'
import { store, storedText, toast } from '../../base/stores'
import { Button, Empty, Failed } from '../../widgets/basics'
import { Dialog, DialogButtons } from '../../widgets/Dialog'
import { Markdown } from '../../widgets/Markdown'
import { plural } from '../../base/format'
import ui from '../../widgets/ui.module.css'
import { Ago } from '../../widgets/values'
import { Conflict, useShownConflict } from '../edits/Writes'
import css from '../../widgets/pages.module.css'
import { edit } from '../edits/runActions'

const SAVE_MS = 2000
/** Notes that are shown at once, the newest: a run may have any number. */
const MOST_NOTES = 100

const draftKey = (run: RunDetail, id: string) => `draft.note.${run.hash}.${id}`
const whatOf = (run: RunDetail) => `A note of ${run.name || run.hash.slice(0, 8)}`

/** What was typed into the editor of a new note and has not reached the queue: its id and its text. */
function newDraft(run: RunDetail): { id: string; text: string } | null {
  const kept = storedText(draftKey(run, 'new'))
  const cut = kept.indexOf(' ')
  return cut < 0 ? null : { id: kept.slice(0, cut), text: kept.slice(cut + 1) }
}

/** Puts a text of a note into the queue; null deletes the note. */
function putNote(run: RunDetail, id: string, text: string | null, before: string | null) {
  return edit({
    field: 'note',
    hash: run.hash,
    what: whatOf(run),
    edit: { base_version: run.version, note: { id, text } },
    before,
  })
}

/** `run` as it will be once all that waits is sent; `stored`: as the server has it. */
export function NotesTab({ run, stored, readOnly }: { run: RunDetail; stored: RunDetail; readOnly: boolean }) {
  const [editing, setEditing] = useState<string | null>(null)
  /** The id of a note that the editor of a new one makes: it is not shown twice. */
  const [fresh, setFresh] = useState<{ id: string; text: string } | null>(null)
  const [past, setPast] = useState<Note | null>(null)
  const [shown, setShown] = useState(MOST_NOTES)
  const earlier = Math.max(0, run.notes.length - shown)
  const remove = async (note: Note) => {
    const outcome = await putNote(stored, note.id, null, note.text)
    if (outcome.kind === 'sent' || outcome.kind === 'kept')
      toast('Note deleted', { action: { label: 'Undo', run: () => void putNote(stored, note.id, note.text, null) } })
  }
  const draft = newDraft(run)
  const add = () => {
    setFresh(draft ?? { id: newId(), text: '' })
    setEditing('new')
  }
  const close = () => {
    setEditing(null)
    setFresh(null)
  }
  return (
    <div className={css.scroll} tabIndex={-1}>
      <div className={css.notes}>
        {earlier > 0 && (
          <div>
            <Button onClick={() => setShown((n) => n + MOST_NOTES)}>{plural(earlier, 'earlier note')}</Button>
          </div>
        )}
        {run.notes.slice(earlier).map((n) =>
          fresh?.id === n.id ? null : editing === n.id ? (
            <Editor
              key={n.id}
              run={stored}
              id={n.id}
              before={textOf('note', stored, n.id)}
              initial={storedText(draftKey(run, n.id)) || n.text}
              onClose={close}
            />
          ) : (
            <article key={n.id} className={css.panel}>
              <div className={css.panelBody}>
                <Markdown text={n.text} />
                <div className={css.noteFoot}>
                  {n.edited_at && n.edited_at !== n.created_at ? (
                    <Ago at={n.edited_at} before="edited " />
                  ) : (
                    <Ago at={n.created_at} />
                  )}
                  <span style={{ marginLeft: 'auto' }} />
                  {n.edited_at !== null && n.edited_at !== n.created_at && (
                    <Button small quiet onClick={() => setPast(n)}>
                      History
                    </Button>
                  )}
                  {!readOnly && (
                    <>
                      <Button small quiet onClick={() => setEditing(n.id)}>
                        {storedText(draftKey(run, n.id)) ? 'Continue the draft' : 'Edit'}
                      </Button>
                      <Button small quiet danger onClick={() => void remove(n)}>
                        Delete
                      </Button>
                    </>
                  )}
                </div>
              </div>
            </article>
          ),
        )}
        {run.notes.length === 0 && editing === null && (
          <Empty title="No notes yet">
            <p>
              What you learn from this run, in Markdown. Notes stay in the run directory; from Python:{' '}
              <code>aim.Repo().get_run("{run.hash}").add_note("…")</code>
            </p>
            {!readOnly && <Button onClick={add}>{draft ? 'Continue the draft' : 'Add a note'}</Button>}
          </Empty>
        )}
        {!readOnly &&
          (editing === 'new' && fresh ? (
            <Editor run={stored} id={fresh.id} before={null} initial={fresh.text} isNew onClose={close} />
          ) : (
            editing === null &&
            run.notes.length > 0 && (
              <div>
                <Button onClick={add}>{draft ? 'Continue the draft' : 'Add a note'}</Button>
              </div>
            )
          ))}
      </div>
      {past && <History run={stored} note={past} readOnly={readOnly} onClose={() => setPast(null)} />}
    </div>
  )
}

/** Every text that a note had, the newest first; an older one can be taken back. */
function History({
  run,
  note,
  readOnly,
  onClose,
}: {
  run: RunDetail
  note: Note
  readOnly: boolean
  onClose: () => void
}) {
  const found = useQuery({
    queryKey: ['note', run.hash, note.id, note.edited_at],
    queryFn: ({ signal }) => api.note(run.hash, note.id, signal),
  })
  const restore = (text: string) => {
    void putNote(run, note.id, text, note.text).then((o) => {
      if (o.kind === 'sent') toast('Note restored')
      onClose()
    })
  }
  const versions = [...(found.data?.history ?? [])].reverse()
  return (
    <Dialog title="History of the note" onClose={onClose} wide>
      {found.error ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : (
        <div className={css.history} tabIndex={0}>
          {versions.map((v, i) => (
            <div key={i}>
              <div className={css.noteFoot}>
                <span>
                  <Ago at={v.at} />
                  {i === 0 ? ' · as it is' : ''}
                </span>
                {!readOnly && i > 0 && v.text !== null && (
                  <Button small quiet style={{ marginLeft: 'auto' }} onClick={() => restore(v.text!)}>
                    Restore
                  </Button>
                )}
              </div>
              {v.text === null ? <p className="muted">deleted</p> : <pre>{v.text}</pre>}
            </div>
          ))}
        </div>
      )}
      <DialogButtons>
        <Button data-autofocus="" onClick={onClose}>
          Close
        </Button>
      </DialogButtons>
    </Dialog>
  )
}

function Editor({
  run,
  id,
  before,
  initial,
  isNew = false,
  onClose,
}: {
  run: RunDetail
  id: string
  before: string | null
  initial: string
  isNew?: boolean
  onClose: () => void
}) {
  const [text, setText] = useState(initial)
  const waiting = useWrites((s) =>
    s.list.find((w) => w.hash === run.hash && w.field === 'note' && w.edit?.note?.id === id),
  )
  useShownConflict(waiting)
  /** What the queue was given last; what was typed since is a draft in this browser. */
  const [saved, setSaved] = useState<string | null>(before)
  /** `base`: the run when it last had the text that is edited here; what came since is another person's. */
  const now = useRef({ text, saved, base: run, timer: 0 })
  now.current.text = text
  if (textOf('note', run, id) === now.current.saved) now.current.base = run
  const keepDraft = (t: string) => {
    if (isNew && now.current.saved === null) store(draftKey(run, 'new'), t ? `${id} ${t}` : '')
    else store(draftKey(run, id), t)
  }
  const save = () => {
    const c = now.current
    clearTimeout(c.timer)
    if (c.text === (c.saved ?? '') || c.text.trim() === '') return
    const was = c.saved
    keepDraft('')
    c.saved = c.text
    setSaved(c.text)
    void putNote(c.base, id, c.text, was)
  }
  useEffect(
    () => () => save(),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only when the editor goes away
    [],
  )
  const settled = (t: string) => {
    setText(t)
    setSaved(t)
    now.current.saved = t
    now.current.base = run
    keepDraft('')
  }
  const state =
    text !== (saved ?? '')
      ? 'Saves by itself'
      : waiting?.theirs
        ? 'Not saved'
        : waiting?.error
          ? waiting.error
          : waiting && waiting.tries > 0
            ? 'Kept here until the server is back'
            : waiting
              ? 'Saving'
              : saved === null
                ? ''
                : 'Saved'
  return (
    <div className={css.panel}>
      <div className={css.panelBody}>
        <div className={css.split}>
          <textarea
            className={ui.area}
            style={{ minHeight: 220 }}
            autoFocus
            aria-label="Note, in Markdown"
            value={text}
            onChange={(e) => {
              setText(e.target.value)
              keepDraft(e.target.value)
              clearTimeout(now.current.timer)
              now.current.timer = window.setTimeout(save, SAVE_MS)
            }}
            onKeyDown={(e) => {
              if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
                save()
                onClose()
              }
            }}
          />
          <div className={css.preview}>{text ? <Markdown text={text} /> : <span className="muted">Preview</span>}</div>
        </div>
        {waiting?.theirs && <Conflict write={waiting} onChosen={settled} />}
        <div className={css.noteFoot}>
          <span role="status">{state}</span>
          <Button
            small
            style={{ marginLeft: 'auto' }}
            onClick={() => {
              save()
              onClose()
            }}
          >
            Done
          </Button>
        </div>
      </div>
    </div>
  )
}
