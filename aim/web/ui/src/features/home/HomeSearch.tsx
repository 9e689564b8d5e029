import { Search } from 'lucide-react'
import { useRef, useState } from 'react'
import { useKeys } from '../../base/keys'
import { navigate } from '../../base/route'
import { findByWords, isQuery } from '../../base/runQuery'
import ui from '../../widgets/ui.module.css'
import css from './home.module.css'

/** Takes a query, or words that runs are looked up by. */
export function HomeSearch() {
  const [text, setText] = useState('')
  const input = useRef<HTMLInputElement>(null)
  useKeys([{ key: '/', does: 'Search', run: () => input.current?.focus() }])
  return (
    <form
      className={css.search}
      role="search"
      onSubmit={(e) => {
        e.preventDefault()
        const asked = text.trim()
        const open = (q: string) => navigate(`/runs?q=${encodeURIComponent(q)}`)
        if (isQuery(asked)) open(asked)
        else if (asked) void findByWords(asked).then(open)
      }}
    >
      <Search size={14} strokeWidth={1.5} aria-hidden="true" />
      <input
        ref={input}
        className={ui.input}
        placeholder="Names, tags, params, notes, or a query"
        aria-label="Search"
        title="Search runs (/)"
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
    </form>
  )
}
