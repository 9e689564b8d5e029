// Editing the cells of the runs table.

import { useCallback, useState } from 'react'
import type { RunEdit, RunRow } from '../../base/api/types'
import { NAME } from '../../parts/fields/columnLayout'
import { edit } from '../../parts/edits/runActions'

/** Fields that are edited in place. */
export const EDITABLE: ReadonlySet<string> = new Set([NAME, '@tags', '@description'])

export interface Editing {
  readonly hash: string
  readonly column: string
}

interface CellEdit {
  readonly field: 'name' | 'description' | 'tags'
  readonly label: string
  readonly edit: RunEdit
  /** The value that the edit is based on. */
  readonly before?: string
  /** What the row has after it. */
  readonly changed: Partial<RunRow>
}

/** What a text that was typed into a cell changes; null: nothing. */
export function cellEdit(row: RunRow, column: string, text: string): CellEdit | null {
  if (column === NAME) {
    const name = text.trim()
    if (!name || name === row.name) return null
    return { field: 'name', label: 'Name', edit: { name }, before: row.name, changed: { name } }
  }
  if (column === '@description') {
    if (text === row.description) return null
    const changed = { description: text }
    return { field: 'description', label: 'Description', edit: changed, before: row.description, changed }
  }
  const typed = text.split(',').map((t) => t.trim())
  const tags = [...new Set(typed.filter(Boolean))]
  const add_tags = tags.filter((t) => !row.tags.includes(t))
  const remove_tags = row.tags.filter((t) => !tags.includes(t))
  if (add_tags.length + remove_tags.length === 0) return null
  return { field: 'tags', label: 'Tags', edit: { add_tags, remove_tags }, changed: { tags } }
}

export interface CellEdits {
  /** The cell whose field is open. */
  readonly editing: Editing | null
  readonly onEdit: (e: Editing | null) => void
  /** Shows the change at once, and takes it back where the server refuses it. */
  readonly save: (row: RunRow, column: string, text: string) => void
}

type Patch = (hashes: ReadonlySet<string>, change: (row: RunRow) => RunRow) => void

export function useCellEdits(patch: Patch): CellEdits {
  const [editing, onEdit] = useState<Editing | null>(null)
  const save = useCallback(
    (row: RunRow, column: string, text: string) => {
      onEdit(null)
      const made = cellEdit(row, column, text)
      if (!made) return
      const { changed, label, ...asked } = made
      const one = new Set([row.hash])
      patch(one, (r) => ({ ...r, ...changed }))
      void edit({ ...asked, hash: row.hash, what: `${label} of ${row.name || row.hash.slice(0, 8)}` }).then(
        (outcome) => {
          if (outcome.kind === 'refused' || outcome.kind === 'conflict') patch(one, () => row)
        },
      )
    },
    [patch],
  )
  return { editing, onEdit, save }
}
