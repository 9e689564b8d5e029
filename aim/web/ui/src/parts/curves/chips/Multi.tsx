import { useState } from 'react'
import { MenuItem, MenuTitle } from '../../../widgets/Popover'
import ui from '../../../widgets/ui.module.css'

/** Entries that are shown before one searches. */
const SHOWN = 100

/** A choice of several, which can be searched where there are many. */
export function Multi({
  label,
  options,
  isChecked,
  onToggle,
}: {
  readonly label: string
  readonly options: readonly { readonly value: string; readonly label: string; readonly hint?: string }[]
  readonly isChecked: (value: string) => boolean
  readonly onToggle: (value: string) => void
}) {
  const [text, setText] = useState('')
  const found = options.filter((o) => o.label.toLowerCase().includes(text.toLowerCase()))
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
      <div role="menu" aria-label={label}>
        {found.slice(0, SHOWN).map((o) => (
          <MenuItem key={o.value} many checked={isChecked(o.value)} hint={o.hint} onSelect={() => onToggle(o.value)}>
            {o.label}
          </MenuItem>
        ))}
      </div>
      {found.length === 0 && <MenuTitle>No matches</MenuTitle>}
      {found.length > SHOWN && <MenuTitle>and {found.length - SHOWN} more: type to find them</MenuTitle>}
    </>
  )
}
