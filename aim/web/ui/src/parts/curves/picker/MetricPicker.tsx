import { Pin } from 'lucide-react'
import { Chip } from '../../../widgets/Chip'
import { formatCount } from '../../../base/format'
import ui from '../../../widgets/ui.module.css'
import css from '../../../widgets/pages.module.css'
import type { Model } from '../metricsModel'
import { matcher } from './pick'

const MOST = 300

/** Which charts are shown: by a pattern, by `/` prefix, or one by one. */
export function MetricPicker({
  model,
  value,
  pins,
  onChange,
  onPin,
}: {
  model: Model
  value: string
  pins: ReadonlySet<string>
  onChange: (pattern: string) => void
  onPin: (key: string) => void
}) {
  const match = matcher(value)
  const found = model.charts.filter((c) => match(c.key))
  const prefixes = new Map<string, number>()
  for (const c of model.charts) {
    const cut = c.key.indexOf('/')
    if (cut > 0) prefixes.set(c.key.slice(0, cut + 1), (prefixes.get(c.key.slice(0, cut + 1)) ?? 0) + 1)
  }
  const only = (text: string, end: string) => `^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}${end}`
  return (
    <Chip label="Metrics" value={value || 'all'} onReset={value ? () => onChange('') : undefined} wide>
      {() => (
        <div>
          <input
            className={ui.input}
            placeholder="Pattern, such as ^loss or val"
            aria-label="Pattern of metrics"
            value={value}
            onChange={(e) => onChange(e.target.value)}
          />
          <div className={ui.menuTitle}>
            {formatCount(found.length)} of {formatCount(model.charts.length)} charts
          </div>
          <div style={{ maxHeight: 300, overflow: 'auto', margin: '0 -4px' }}>
            {[...prefixes].slice(0, MOST).map(([p, n]) => (
              <button key={p} type="button" className={ui.menuItem} onClick={() => onChange(only(p, ''))}>
                {p}
                <span className={ui.hint}>{formatCount(n)}</span>
              </button>
            ))}
            {prefixes.size > MOST && (
              <div className={ui.menuTitle}>and {formatCount(prefixes.size - MOST)} more beginnings</div>
            )}
            {found.slice(0, MOST).map((c) => (
              <div key={c.key} className={css.pickerRow}>
                <button
                  type="button"
                  className="ellipsis"
                  style={{ minHeight: 24, flex: 1, textAlign: 'left' }}
                  title="Show this one alone"
                  onClick={() => onChange(only(c.key, '$'))}
                >
                  {c.key}
                </button>
                <small>{formatCount(c.lines.length)}</small>
                <button
                  type="button"
                  className={css.eye}
                  aria-pressed={pins.has(c.key)}
                  aria-label={`Pin ${c.key} to the top`}
                  onClick={() => onPin(c.key)}
                  style={pins.has(c.key) ? { color: 'var(--accent)' } : undefined}
                >
                  <Pin size={13} strokeWidth={1.5} />
                </button>
              </div>
            ))}
            {found.length > MOST && <div className={ui.menuTitle}>and {formatCount(found.length - MOST)} more</div>}
          </div>
        </div>
      )}
    </Chip>
  )
}
