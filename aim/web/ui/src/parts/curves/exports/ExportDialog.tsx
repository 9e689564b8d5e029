// A figure with its preview: what is seen is what is saved.

import { useMemo, useState } from 'react'
import type { FigureOptions } from '../../../charts/draw/figure'
import { Button } from '../../../widgets/basics'
import { Dialog } from '../../../widgets/Dialog'
import ui from '../../../widgets/ui.module.css'
import type { ChartExport } from './chartExport'
import css from './ExportDialog.module.css'
import {
  checked,
  LEAST,
  LEGENDS,
  loadSettings,
  MOST,
  PRESETS,
  PX_PER_CM,
  saveSettings,
  THEMES,
  type FigureSettings,
} from './figureSettings'
import { copyPicture, figureOf, savePng, saveSvg, type FigureRequest } from './saveChart'

export function ExportDialog({ of, onClose }: { of: ChartExport; onClose: () => void }) {
  const [title, setTitle] = useState(of.title)
  const [settings, setSettings] = useState(loadSettings)
  const change = (patch: Partial<FigureSettings>) => {
    const next = checked({ ...settings, ...patch })
    setSettings(next)
    saveSettings(next)
  }
  const options = useMemo<FigureRequest>(() => ({ ...settings, title }), [settings, title])
  return (
    <Dialog title="Export a figure" onClose={onClose} className={css.dialog!}>
      <div className={css.columns}>
        <div className={css.controls}>
          <Presets onPick={change} />
          <label className={ui.field}>
            <span>Title</span>
            <input className={ui.input} value={title} onChange={(e) => setTitle(e.target.value)} />
          </label>
          <Choice label="Legend" value={settings.legend} all={LEGENDS} onChange={(legend) => change({ legend })} />
          <Choice label="Background" value={settings.theme} all={THEMES} onChange={(theme) => change({ theme })} />
          <Size settings={settings} change={change} />
          <label className={css.check}>
            <input
              type="checkbox"
              checked={settings.withNotes}
              onChange={(e) => change({ withNotes: e.target.checked })}
            />
            Notes, query and date below
          </label>
        </div>
        <Preview of={of} options={options} />
      </div>
      <div className={css.buttons}>
        <Button onClick={onClose}>Close</Button>
        <Button onClick={() => void copyPicture(of, options)}>Copy picture</Button>
        <Button onClick={() => void saveSvg(of, options)}>Save SVG</Button>
        <Button primary data-autofocus onClick={() => void savePng(of, options)}>
          Save PNG
        </Button>
      </div>
    </Dialog>
  )
}

function Presets({ onPick }: { onPick: (settings: Partial<FigureSettings>) => void }) {
  return (
    <div className={ui.field} role="group" aria-label="Made for">
      <span>Made for</span>
      <div className={css.row}>
        {PRESETS.map((p) => (
          <Button key={p.label} small onClick={() => onPick(p.settings)}>
            {p.label}
          </Button>
        ))}
      </div>
    </div>
  )
}

function Choice<T extends string>({
  label,
  value,
  all,
  onChange,
}: {
  label: string
  value: T
  all: readonly T[]
  onChange: (value: T) => void
}) {
  return (
    <div className={ui.field} role="group" aria-label={label}>
      <span>{label}</span>
      <div className={css.row}>
        {all.map((one) => (
          <Button key={one} small on={one === value} aria-pressed={one === value} onClick={() => onChange(one)}>
            {one}
          </Button>
        ))}
      </div>
    </div>
  )
}

function Size({ settings, change }: { settings: FigureSettings; change: (patch: Partial<FigureSettings>) => void }) {
  const { unit } = settings
  const scale = unit === 'cm' ? PX_PER_CM : 1
  const shown = (px: number) => String(Math.round((px / scale) * (unit === 'cm' ? 10 : 1)) / (unit === 'cm' ? 10 : 1))
  const length = (key: 'width' | 'height', label: string) => (
    <Number
      key={`${key} ${unit} ${settings[key]}`}
      label={`${label}, ${unit}`}
      value={shown(settings[key])}
      onChange={(n) => change({ [key]: n * scale })}
      hint={`${shown(LEAST[key])} to ${shown(MOST[key])} ${unit}`}
    />
  )
  return (
    <>
      <div className={css.sizes}>
        {length('width', 'Width')}
        {length('height', 'Height')}
        <Number
          key={`font ${settings.fontSize}`}
          label="Font, px"
          value={shownFont(settings.fontSize)}
          onChange={(fontSize) => change({ fontSize })}
          hint={`${LEAST.fontSize} to ${MOST.fontSize} px`}
        />
      </div>
      <Choice label="Unit" value={unit} all={['px', 'cm']} onChange={(u) => change({ unit: u })} />
    </>
  )
}

const shownFont = (px: number) => String(Math.round(px * 10) / 10)

/** Taken on Enter and when the field is left, so that half a number is no size. */
function Number({
  label,
  value,
  hint,
  onChange,
}: {
  label: string
  value: string
  hint: string
  onChange: (n: number) => void
}) {
  const take = (text: string) => {
    const n = parseFloat(text.replace(',', '.'))
    if (n > 0 && text !== value) onChange(n)
  }
  return (
    <label className={ui.field}>
      <span>{label}</span>
      <input
        className={ui.input}
        inputMode="decimal"
        title={hint}
        defaultValue={value}
        onBlur={(e) => take(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter') take(e.currentTarget.value)
        }}
      />
    </label>
  )
}

/** The file itself, as a picture. */
function Preview({ of, options }: { of: ChartExport; options: FigureOptions }) {
  const { svg, error } = useMemo(() => {
    try {
      const text = figureOf(of, options)
      return { svg: text, error: 'Nothing is drawn yet' }
    } catch (e) {
      return { svg: null, error: e instanceof Error ? e.message : String(e) }
    }
  }, [of, options])
  return (
    <div className={css.preview} data-theme-of={options.theme}>
      {svg !== null ? (
        <img
          src={`data:image/svg+xml,${encodeURIComponent(svg)}`}
          alt={`Preview: ${options.title}`}
          width={options.width}
          height={options.height}
        />
      ) : (
        <p className="muted">{error}</p>
      )}
    </div>
  )
}
