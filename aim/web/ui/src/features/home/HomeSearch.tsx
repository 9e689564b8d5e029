import { Search } from 'lucide-react'
import { useRef, useState } from 'react'
import { useKeys } from '../../base/keys'
import { navigate } from '../../base/route'
import { runQuery } from '../../base/runQuery'
import { Button } from '../../widgets/basics'
import css from '../../widgets/pages.module.css'
import ui from '../../widgets/ui.module.css'

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
        if (text.trim())
          navigate(
            `/runs?q=${encodeURIComponent(/[=<>]|\b(in|and|or|not)\b/.test(text) ? text.trim() : runQuery(text))}`,
          )
      }}
    >
      <input
        ref={input}
        className={ui.input}
        placeholder="Search runs by name, experiment, id, or a query"
        aria-label="Search"
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      <Button primary type="submit">
        <Search size={14} strokeWidth={1.5} /> Search
      </Button>
    </form>
  )
}
