import { Search } from 'lucide-react'
import { useRef } from 'react'
import { useKeys } from '../../base/keys'
import { currentPlace, navigate } from '../../base/route'
import ui from '../../widgets/ui.module.css'
import css from './Help.module.css'
import { formatHelp, parseHelp } from './helpAddress'

/** Words that are searched for in all pages while they are typed; they are in the address. */
export function HelpSearch({ words }: { words: string }) {
  const input = useRef<HTMLInputElement>(null)
  useKeys([{ key: '/', does: 'Search in Help', run: () => input.current?.focus() }])
  const search = (text: string) => {
    const { path, search: now } = currentPlace()
    navigate(path + formatHelp({ ...parseHelp(now).view, words: text }), 'later')
  }
  return (
    <div className={css.search} role="search">
      <Search size={14} strokeWidth={1.5} aria-hidden="true" />
      <input
        ref={input}
        type="search"
        className={ui.input}
        placeholder="Search all pages"
        aria-label="Search in Help"
        title="Search in Help (/)"
        value={words}
        onChange={(e) => search(e.target.value)}
      />
    </div>
  )
}
