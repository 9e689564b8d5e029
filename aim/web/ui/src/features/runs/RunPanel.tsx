// One run beside the table: its nested params and its notes.

import { X } from 'lucide-react'
import { useState } from 'react'
import { useWrites, withWrites } from '../../base/api/writes'
import { useRun } from '../../base/queries'
import { store, storedNumber } from '../../base/stores'
import { Button, Failed, Link, TagList } from '../../widgets/basics'
import ui from '../../widgets/ui.module.css'
import css from './columns/columns.module.css'
import { NotesTab } from '../../parts/facts/Notes'
import { ParamsTab } from '../../parts/facts/Params'
import { PanelCurves } from './PanelCurves'

const WIDTH = 420
const LEAST = 360

export function RunPanel({ hash, readOnly, onClose }: { hash: string; readOnly: boolean; onClose: () => void }) {
  const { data: run, error, refetch } = useRun(hash)
  const writes = useWrites((s) => s.list)
  const [tab, setTab] = useState<'params' | 'notes'>('params')
  const [width, setWidth] = useState(() => storedNumber('runs.panel', WIDTH))
  const resize = (to: number) => {
    const w = Math.max(LEAST, Math.min(innerWidth * 0.8, Math.round(to)))
    setWidth(w)
    store('runs.panel', String(w))
  }
  return (
    <aside className={css.panel} style={{ width }} aria-label={`Run ${run?.name ?? hash}`}>
      <div
        className={css.panelGrip}
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the panel"
        aria-valuenow={width}
        tabIndex={0}
        onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)}
        onPointerMove={(e) => {
          if (e.currentTarget.hasPointerCapture(e.pointerId)) resize(innerWidth - e.clientX)
        }}
        onKeyDown={(e) => {
          if (e.key === 'ArrowLeft') resize(width + 24)
          else if (e.key === 'ArrowRight') resize(width - 24)
        }}
      />
      <div className={css.panelHead}>
        <h2>{run?.name ?? '…'}</h2>
        <Link to={`/runs/${hash}`}>Open run</Link>
        <span style={{ marginLeft: 'auto' }} />
        <Button icon quiet small aria-label="Close the panel" onClick={onClose}>
          <X size={14} strokeWidth={1.5} />
        </Button>
      </div>
      {run && run.tags.length > 0 && (
        <div className={css.panelTags}>
          <TagList tags={run.tags} whole />
        </div>
      )}
      {run && <PanelCurves run={run} />}
      <div className={ui.tabs} role="tablist">
        {(['params', 'notes'] as const).map((t) => (
          <button
            key={t}
            type="button"
            role="tab"
            className={ui.tab}
            aria-selected={tab === t}
            onClick={() => setTab(t)}
          >
            {t === 'params' ? 'Params' : 'Notes'}
          </button>
        ))}
      </div>
      <div className={css.panelBody} role="tabpanel" aria-label={tab} tabIndex={0}>
        {error ? (
          <Failed error={error} retry={() => void refetch()} />
        ) : run === undefined ? null : tab === 'params' ? (
          <ParamsTab key={hash} run={run} />
        ) : (
          <NotesTab key={hash} run={withWrites(run, writes)} stored={run} readOnly={readOnly} />
        )}
      </div>
    </aside>
  )
}
