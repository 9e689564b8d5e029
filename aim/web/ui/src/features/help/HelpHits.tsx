import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api } from '../../base/api/client'
import { plural } from '../../base/format'
import { Empty, Failed, Link } from '../../widgets/basics'
import css from './Help.module.css'
import { helpLink } from './helpAddress'

/** The sections that hold all of the words, each with the line that holds the most of them. */
export function HelpHits({ words }: { words: string }) {
  const asked = words.trim()
  const { data, error, refetch } = useQuery({
    queryKey: ['help', '', asked],
    queryFn: ({ signal }) => api.help(asked, signal),
    placeholderData: keepPreviousData,
    retry: false,
  })
  if (error) return <Failed error={error} retry={() => void refetch()} />
  if (!data) return <div aria-busy="true" />
  if (data.hits.length === 0)
    return (
      <Empty title={`No page has ${/\s/.test(asked) ? 'all of these words' : `“${asked}”`}`}>Try fewer words.</Empty>
    )
  return (
    <div className={css.text}>
      <p role="status" className="muted">
        {plural(data.hits.length, 'section')}
      </p>
      <ol className={css.hits}>
        {data.hits.map((hit) => (
          <li key={`${hit.page}#${hit.id}`}>
            <Link to={helpLink(hit.page, hit.id)}>{hit.title}</Link>
            {hit.page_title !== hit.title && <small className="muted"> in {hit.page_title}</small>}
            <p>
              <Marked text={hit.line} words={asked.split(/\s+/)} />
            </p>
          </li>
        ))}
      </ol>
    </div>
  )
}

/** A line with the words marked. */
function Marked({ text, words }: { text: string; words: readonly string[] }) {
  const pattern = new RegExp(`(${words.map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'iu')
  return text.split(pattern).map((part, i) => (i % 2 ? <mark key={i}>{part}</mark> : part))
}
