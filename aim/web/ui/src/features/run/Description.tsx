// The description of a run, and its editor. A draft is kept in this browser until it is saved or cancelled.

import { useState } from 'react'
import type { RunDetail } from '../../base/api/types'
import { store, storedText } from '../../base/stores'
import { Button } from '../../widgets/basics'
import { Markdown } from '../../widgets/Markdown'
import css from '../../widgets/pages.module.css'
import ui from '../../widgets/ui.module.css'
import { Panel } from './Panel'

interface Props {
  readonly run: RunDetail
  readonly stored: RunDetail
  readonly readOnly: boolean
  /** `base`: the run as it was when the editing started. */
  readonly onSave: (text: string, base: RunDetail) => void
}

export function Description({ run, stored, readOnly, onSave }: Props) {
  const [base, setBase] = useState(stored)
  const { draft, setDraft, discard } = useDraft(run.hash)
  const canEdit = !readOnly && draft === null
  const start = () => {
    setBase(stored)
    setDraft(run.description, false)
  }
  return (
    <Panel
      title="Description"
      aside={
        canEdit && (
          <Button small quiet onClick={start}>
            Edit
          </Button>
        )
      }
    >
      <div className={css.panelBody}>
        {draft !== null && !readOnly ? (
          <Editor
            text={draft}
            onChange={setDraft}
            onSave={() => {
              discard()
              if (draft !== run.description) onSave(draft, base)
            }}
            onCancel={discard}
          />
        ) : run.description ? (
          <Markdown text={run.description} />
        ) : (
          <span className="muted">What this run is for. Markdown.</span>
        )}
      </div>
    </Panel>
  )
}

/** `draft`: null while nothing is edited. */
function useDraft(hash: string) {
  const key = `draft.description.${hash}`
  const [draft, setText] = useState<string | null>(() => storedText(key) || null)
  const setDraft = (text: string, keep = true) => {
    setText(text)
    if (keep) store(key, text)
  }
  const discard = () => {
    setText(null)
    store(key, '')
  }
  return { draft, setDraft, discard }
}

interface EditorProps {
  readonly text: string
  readonly onChange: (text: string) => void
  readonly onSave: () => void
  readonly onCancel: () => void
}

function Editor({ text, onChange, onSave, onCancel }: EditorProps) {
  return (
    <>
      <textarea
        className={ui.area}
        autoFocus
        aria-label="Description, in Markdown"
        value={text}
        onChange={(e) => onChange(e.target.value)}
      />
      <div style={{ display: 'flex', gap: 8, marginTop: 8 }}>
        <Button primary onClick={onSave}>
          Save
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </>
  )
}
