// Notes of a run: Markdown, saved 2 s after the last key, kept as a draft in this browser until the server has it.

import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, ApiError } from '../api/client'
import type { Note, RunDetail } from '../api/types'
import { store, storedText, toast } from '../app/stores'
import { Button, Failed } from '../ui/basics'
import { Dialog, DialogButtons } from '../ui/Dialog'
import { formatAgo, formatDateTime } from '../ui/format'
import { Markdown } from '../ui/Markdown'
import ui from '../ui/ui.module.css'
import css from './pages.module.css'

const SAVE_MS = 2000

export function NotesTab({ run, readOnly, onRun }: { run: RunDetail; readOnly: boolean; onRun: (r: RunDetail) => void }) {
  const [editing, setEditing] = useState<string | null>(null)
  /** The note that the editor of a new one has made: it is not shown twice. */
  const [made, setMade] = useState<string | null>(null)
  const remove = async (note: Note) => {
    try {
      onRun(await api.edit(run.hash, { note: { id: note.id, text: null } }))
      toast('Note deleted', { action: { label: 'Undo', run: () => void api.edit(run.hash, { note: { text: note.text } }).then(onRun, (e: Error) => toast(e.message, { kind: 'error' })) } })
    } catch (e) {
      toast(e instanceof Error ? e.message : String(e), { kind: 'error' })
    }
  }
  const [past, setPast] = useState<Note | null>(null)
  const draft = storedText(`draft.note.${run.hash}.new`)
  return (
    <div className={css.scroll} tabIndex={-1}>
      <div className={css.notes}>
        {run.notes.map((n) => (editing === 'new' && n.id === made ? null :
          editing === n.id ? <Editor key={n.id} run={run} note={n} onRun={onRun} onClose={() => setEditing(null)} /> : (
            <article key={n.id} className={css.panel}>
              <div className={css.panelBody}>
                <Markdown text={n.text} />
                <div className={css.noteFoot}>
                  <span title={formatDateTime(n.edited_at ?? n.created_at)}>{n.edited_at && n.edited_at !== n.created_at ? `edited ${formatAgo(n.edited_at)}` : formatAgo(n.created_at)}</span>
                  <span style={{ marginLeft: 'auto' }} />
                  {n.edited_at !== null && n.edited_at !== n.created_at && <Button small quiet onClick={() => setPast(n)}>History</Button>}
                  {!readOnly && (
                    <>
                      <Button small quiet onClick={() => setEditing(n.id)}>Edit</Button>
                      <Button small quiet danger onClick={() => void remove(n)}>Delete</Button>
                    </>
                  )}
                </div>
              </div>
            </article>
          )
        ))}
        {run.notes.length === 0 && editing === null && <div><h2>No notes yet</h2><p className="muted">What you learn from this run, in Markdown. Notes stay in the run directory.</p></div>}
        {!readOnly && (editing === 'new' ? <Editor run={run} note={null} onRun={onRun} onMade={setMade} onClose={() => { setEditing(null); setMade(null) }} /> : editing === null && <div><Button onClick={() => setEditing('new')}>{draft ? 'Continue the draft' : 'Add a note'}</Button></div>)}
      </div>
      {past && <History run={run} note={past} readOnly={readOnly} onRun={onRun} onClose={() => setPast(null)} />}
    </div>
  )
}

/** Every text that a note had, the newest first; an older one can be taken back. */
function History({ run, note, readOnly, onRun, onClose }: { run: RunDetail; note: Note; readOnly: boolean; onRun: (r: RunDetail) => void; onClose: () => void }) {
  const found = useQuery({ queryKey: ['note', run.hash, note.id, note.edited_at], queryFn: ({ signal }) => api.note(run.hash, note.id, signal) })
  const restore = (text: string) => {
    api.edit(run.hash, { note: { id: note.id, text } }).then((r) => { onRun(r); toast('Note restored'); onClose() }, (e: Error) => toast(e.message, { kind: 'error' }))
  }
  const versions = [...(found.data?.history ?? [])].reverse()
  return (
    <Dialog title="History of the note" onClose={onClose} wide>
      {found.error ? <Failed error={found.error} retry={() => void found.refetch()} /> : (
        <div className={css.history} tabIndex={0}>
          {versions.map((v, i) => (
            <div key={i}>
              <div className={css.noteFoot}>
                <span title={formatDateTime(v.at)}>{formatAgo(v.at)}{i === 0 ? ' · as it is' : ''}</span>
                {!readOnly && i > 0 && v.text !== null && <Button small quiet style={{ marginLeft: 'auto' }} onClick={() => restore(v.text!)}>Restore</Button>}
              </div>
              {v.text === null ? <p className="muted">deleted</p> : <pre>{v.text}</pre>}
            </div>
          ))}
        </div>
      )}
      <DialogButtons><Button data-autofocus="" onClick={onClose}>Close</Button></DialogButtons>
    </Dialog>
  )
}

function Editor({ run, note, onRun, onMade, onClose }: { run: RunDetail; note: Note | null; onRun: (r: RunDetail) => void; onMade?: (id: string) => void; onClose: () => void }) {
  const draftKey = `draft.note.${run.hash}.${note?.id ?? 'new'}`
  const [text, setText] = useState(() => storedText(draftKey) || note?.text || '')
  const [state, setState] = useState<'saved' | 'changed' | 'saving' | 'failed'>('saved')
  const [conflict, setConflict] = useState<string | null>(null)
  const now = useRef({ text, saved: note?.text ?? '', id: note?.id, version: run.version, timer: 0, busy: false })
  now.current.text = text
  if (!now.current.busy && state === 'saved') now.current.version = run.version

  const save = async (force = false): Promise<boolean> => {
    const c = now.current
    clearTimeout(c.timer)
    if (c.busy || (!force && c.text === c.saved)) return true
    if (c.text.trim() === '') return true
    c.busy = true
    setState('saving')
    const sent = c.text
    try {
      const next = await api.edit(run.hash, { ...(force ? {} : { base_version: c.version }), note: { ...(c.id ? { id: c.id } : {}), text: sent } })
      if (!c.id) {
        const before = new Set(run.notes.map((n) => n.id))
        c.id = (next.notes.find((n) => !before.has(n.id)) ?? next.notes[next.notes.length - 1])?.id
        if (c.id) onMade?.(c.id)
      }
      c.saved = sent
      c.version = next.version
      store(draftKey, '')
      setConflict(null)
      setState(c.text === sent ? 'saved' : 'changed')
      onRun(next)
      return true
    } catch (e) {
      if (e instanceof ApiError && e.code === 'conflict') {
        const body = e.body as { run?: RunDetail; current?: RunDetail } | null
        const theirs = body?.run ?? body?.current ?? (await api.run(run.hash).catch(() => null))
        c.version = theirs?.version ?? c.version
        const other = theirs?.notes.find((n) => n.id === c.id)
        if (theirs && (other?.text ?? '') === c.saved) {
          // Something else of the run changed; this text did not.
          c.busy = false
          return await save(true)
        }
        setConflict(other?.text ?? '')
        setState('failed')
        return false
      }
      setState('failed')
      toast(`Not saved, kept as a draft here: ${e instanceof Error ? e.message : String(e)}`, { kind: 'error' })
      return false
    } finally {
      c.busy = false
    }
  }
  useEffect(() => {
    const c = now.current
    return () => {
      clearTimeout(c.timer)
      if (c.text !== c.saved) void save()
    }
    // Once, on leaving.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])

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
              setState('changed')
              store(draftKey, e.target.value)
              clearTimeout(now.current.timer)
              now.current.timer = window.setTimeout(() => void save(), SAVE_MS)
            }}
            onKeyDown={(e) => {
              if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) void save().then((ok) => ok && onClose())
            }}
          />
          <div style={{ overflow: 'auto' }}><Markdown text={text || '*Preview*'} /></div>
        </div>
        {conflict !== null && (
          <div role="alert" style={{ marginTop: 8 }}>
            <p className={ui.warnText}>Someone else changed this note meanwhile. Theirs:</p>
            <pre style={{ whiteSpace: 'pre-wrap', padding: 8, background: 'var(--bg-sunken)', borderRadius: 4 }}>{conflict}</pre>
            <div style={{ display: 'flex', gap: 8, marginTop: 8 }}>
              <Button small onClick={() => void save(true)}>Keep mine</Button>
              <Button small onClick={() => { setText(conflict); now.current.saved = conflict; setConflict(null); setState('saved'); store(draftKey, '') }}>Take theirs</Button>
              <Button small onClick={() => { setText(`${conflict}\n\n${text}`); setConflict(null); setState('changed'); now.current.saved = conflict }}>Join both</Button>
            </div>
          </div>
        )}
        <div className={css.noteFoot}>
          <span role="status">{state === 'saved' ? 'Saved' : state === 'saving' ? 'Saving' : state === 'failed' ? 'Not saved' : 'Saves by itself'}</span>
          <Button small style={{ marginLeft: 'auto' }} onClick={() => void save().then((ok) => ok && onClose())}>Done</Button>
        </div>
      </div>
    </div>
  )
}
