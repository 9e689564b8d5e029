import { Pencil } from 'lucide-react'
import { useState } from 'react'
import type { RunDetail } from '../../base/api/types'
import { Button } from '../../widgets/basics'
import css from '../../widgets/pages.module.css'
import ui from '../../widgets/ui.module.css'

/** A save is based on the run as it was when the editing started. */
export function EditableName({
  name,
  run,
  readOnly,
  onSave,
}: {
  name: string
  run: RunDetail
  readOnly: boolean
  onSave: (name: string, base: RunDetail) => void
}) {
  const [editing, setEditing] = useState<RunDetail | null>(null)
  const done = (text: string) => {
    if (editing && text.trim() && text.trim() !== name) onSave(text.trim(), editing)
    setEditing(null)
  }
  if (editing) {
    return (
      <input
        className={ui.input}
        style={{ width: 320, fontWeight: 600 }}
        autoFocus
        aria-label="Name"
        defaultValue={name}
        onBlur={(e) => done(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter') done(e.currentTarget.value)
          else if (e.key === 'Escape') {
            e.stopPropagation()
            setEditing(null)
          }
        }}
      />
    )
  }
  return (
    <span className={css.title}>
      <h1 title={name}>{name}</h1>
      {!readOnly && (
        <Button small icon quiet aria-label="Rename" onClick={() => setEditing(run)}>
          <Pencil size={13} strokeWidth={1.5} />
        </Button>
      )}
    </span>
  )
}
