import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api } from '../base/api/client'
import { StatusPill } from '../widgets/basics'
import { formatAgo } from '../base/format'
import { useFrame } from '../base/frame'
import { useLive } from '../base/live/live'
import { navigate } from '../base/route'
import { runQuery } from '../base/runQuery'
import css from '../widgets/shell.module.css'
import { shareLink } from '../base/storedViews'
import { nextTheme, useSettings } from '../base/stores'

interface Item {
  readonly key: string
  readonly label: string
  readonly hint: string
  readonly run: () => void
  readonly status?: Parameters<typeof StatusPill>[0]['status']
}

const ACTIONS: readonly Item[] = [
  { key: 'home', label: 'Home', hint: 'g h', run: () => navigate('/') },
  { key: 'runs', label: 'Runs', hint: 'g r', run: () => navigate('/runs') },
  { key: 'metrics', label: 'Metrics', hint: 'g m', run: () => navigate('/metrics') },
  { key: 'theme', label: 'Change the theme', hint: 'Shift D', run: nextTheme },
  { key: 'live', label: 'Pause or resume live updates', hint: '.', run: () => useLive.getState().toggle() },
  {
    key: 'rail',
    label: 'Labels of the rail',
    hint: '[',
    run: () => {
      const s = useSettings.getState()
      s.set({ railOpen: !s.railOpen })
    },
  },
  { key: 'help', label: 'Keys of this page', hint: '?', run: () => useFrame.setState({ help: true }) },
  {
    key: 'keys',
    label: 'Turn all keys off (Settings turns them on)',
    hint: '',
    run: () => useSettings.getState().set({ keys: false }),
  },
  {
    key: 'density',
    label: 'Change the row height',
    hint: '',
    run: () => {
      const s = useSettings.getState()
      s.set({ density: s.density === 'compact' ? 'regular' : 'compact' })
    },
  },
  { key: 'share', label: 'Copy the link to this view', hint: '', run: () => void shareLink() },
]

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
  const needle = text.trim().toLowerCase()
  const items: Item[] = [
    ...ACTIONS.filter((a) => a.label.toLowerCase().includes(needle)),
    ...(needle.length > 1
      ? (runs.data?.rows ?? []).map((r): Item => ({
          key: r.hash,
          label: r.name || r.hash,
          hint: `${r.experiment} · ${formatAgo(r.created_at)}`,
          run: () => navigate(`/runs/${r.hash}`),
          status: r.status,
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
        placeholder="Find a page, a run or an action"
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
            {item.status && <StatusPill status={item.status} />}
            <small>{item.hint}</small>
          </li>
        ))}
        {items.length === 0 && (
          <li aria-disabled="true" className="muted">
            Nothing by that name
          </li>
        )}
      </ul>
    </dialog>
  )
}
