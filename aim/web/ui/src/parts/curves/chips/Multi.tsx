import { useState } from 'react'
import { MenuItem } from '../../../widgets/Popover'
import ui from '../../../widgets/ui.module.css'

/** A choice of several, which can be searched where there are many. */
export function Multi({
  options,
  value,
  onChange,
}: {
  options: readonly { value: string; label: string; hint?: string }[]
  value: readonly string[]
  onChange: (v: string[]) => void
}) {
  const [text, setText] = useState('')
  const shown = options.filter((o) => o.label.toLowerCase().includes(text.toLowerCase()))
  return (
    <>
      {options.length > 9 && (
        <input
          className={ui.input}
          placeholder="Find"
          aria-label="Find"
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
      )}
      {shown.map((o) => (
        <MenuItem
          key={o.value}
          checked={value.includes(o.value)}
          hint={o.hint}
          onSelect={() => onChange(value.includes(o.value) ? value.filter((v) => v !== o.value) : [...value, o.value])}
        >
          {o.label}
        </MenuItem>
      ))}
    </>
  )
}
