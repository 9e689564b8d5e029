import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api } from '../base/api/client'
import type { Status } from '../base/api/types'
import { StatusWord } from '../widgets/basics'
import { formatAgo } from '../base/format'
import { keyParts } from '../base/keys'
import { navigate } from '../base/route'
import { runQuery } from '../base/runQuery'
import css from '../widgets/shell.module.css'
import { helpLink } from '../features/help/helpAddress'
import { ALL_ACTIONS, applies } from './registry'

/** Sections of Help, below the runs. */
const HELP_SHOWN = 5

interface Item {
  readonly key: string
  readonly label: string
  readonly hint: string
  readonly run: () => void
  readonly status?: Status
}

/** The actions that apply now and whose label holds `needle`. */
function actionItems(needle: string): Item[] {
  return ALL_ACTIONS.filter((a) => a.inPalette !== false && applies(a) && a.label.toLowerCase().includes(needle)).map(
    (a) => ({
      key: a.name,
      label: a.label,
      hint: a.keys === undefined ? '' : keyParts(a.keys).join(' '),
      run: a.perform,
    }),
  )
}

export function Palette({ onClose }: { onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  useEffect(() => {
    const d = ref.current
    d?.showModal()
    return () => d?.close()
  }, [])
  const runs = useQuery({
    queryKey: ['palette', text],
    queryFn: ({ signal }) =>
      api.runs(
        { q: runQuery(text), sort: [{ by: 'created_at', desc: true }], offset: 0, limit: 8, columns: [] },
        signal,
      ),
    enabled: text.trim().length > 1,
    retry: false,
  })
  const help = useQuery({
    queryKey: ['help', '', text.trim()],
    queryFn: ({ signal }) => api.help(text.trim(), signal),
    enabled: text.trim().length > 1,
    retry: false,
  })
  const needle = text.trim().toLowerCase()
  const items: Item[] = [
    ...actionItems(needle),
    ...(needle.length > 1
      ? (runs.data?.rows ?? []).map((r): Item => ({
          key: r.hash,
          label: r.name || r.hash,
          hint: `${r.experiment} · ${formatAgo(r.created_at)}`,
          run: () => navigate(`/runs/${r.hash}`),
          status: r.status,
        }))
      : []),
    ...(needle.length > 1
      ? (help.data?.hits ?? []).slice(0, HELP_SHOWN).map((h): Item => ({
          key: `help-${h.page}-${h.id}`,
          label: h.title,
          hint: h.page_title === h.title ? 'Help' : `Help · ${h.page_title}`,
          run: () => navigate(helpLink(h.page, h.id)),
        }))
      : []),
  ]
  const chosen = Math.min(at, items.length - 1)
  const go = (item: Item | undefined) => {
    if (!item) return
    onClose()
    item.run()
  }
  return (
    <dialog
      ref={ref}
      className={css.palette}
      aria-label="Find"
      onCancel={(e) => {
        e.preventDefault()
        onClose()
      }}
      onClick={(e) => {
        if (e.target === ref.current) onClose()
      }}
    >
      <input
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={items[chosen] ? `palette-${items[chosen].key}` : undefined}
        placeholder="Find a page, a run, an action or help"
        value={text}
        onChange={(e) => {
          setText(e.target.value)
          setAt(0)
        }}
        onKeyDown={(e) => {
          if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
            e.preventDefault()
            setAt((chosen + (e.key === 'ArrowDown' ? 1 : items.length - 1)) % Math.max(1, items.length))
          } else if (e.key === 'Enter') {
            e.preventDefault()
            go(items[chosen])
          }
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="Found">
        {items.map((item, i) => (
          <li
            key={item.key}
            id={`palette-${item.key}`}
            role="option"
            aria-selected={i === chosen}
            onPointerMove={() => setAt(i)}
            onClick={() => go(item)}
          >
            <span className="ellipsis">{item.label}</span>
            {item.status && <StatusWord status={item.status} />}
            <small>{item.hint}</small>
          </li>
        ))}
        {items.length === 0 && (
          <li aria-disabled="true" className="muted">
            {runs.error ? 'Server not reachable: runs cannot be searched' : 'No matches'}
          </li>
        )}
      </ul>
    </dialog>
  )
}
