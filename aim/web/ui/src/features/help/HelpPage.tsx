// Help: the pages that came with this version of Aim, their contents at the left, and a search over all of them.

import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import { api } from '../../base/api/client'
import { usePlace } from '../../base/route'
import { Failed, Skeleton } from '../../widgets/basics'
import { late } from '../../widgets/late'
import { PageHeader } from '../../widgets/PageHeader'
import pages from '../../widgets/pages.module.css'
import css from './Help.module.css'
import { FIRST_PAGE, parseHelp } from './helpAddress'
import { HelpContents } from './HelpContents'
import { HelpHits } from './HelpHits'
import { HelpSearch } from './HelpSearch'

const HelpMarkdown = late(() => import('./HelpMarkdownRendered').then((m) => m.HelpMarkdown))

export function HelpPage({ parts }: { parts: Readonly<Record<string, string>> }) {
  const page = parts.page ?? FIRST_PAGE
  const { search } = usePlace()
  const { at, words } = useMemo(() => parseHelp(search).view, [search])
  const text = useQuery({ queryKey: ['help', page], queryFn: ({ signal }) => api.helpPage(page, signal), retry: false })
  const contents = useQuery({ queryKey: ['help', '', ''], queryFn: ({ signal }) => api.help('', signal), retry: false })
  const pane = useRef<HTMLDivElement>(null)
  const title = text.data?.title
  useEffect(() => {
    if (title !== undefined && page !== FIRST_PAGE) document.title = `${title} · Help · Aim`
  }, [title, page])
  const names = useMemo(
    () => new Set(contents.data?.groups.flatMap((g) => g.pages.map((p) => p.name)).concat(FIRST_PAGE)),
    [contents.data],
  )
  return (
    <>
      <PageHeader title="Help" search={<HelpSearch words={words} />} />
      <div className={css.columns}>
        <HelpContents groups={contents.data?.groups ?? []} page={page} at={at} pane={pane} />
        <div className={pages.scroll} ref={pane} tabIndex={0} role="region" aria-label="Text">
          {words.trim() ? (
            <HelpHits words={words} />
          ) : text.error ? (
            <Failed error={text.error} retry={() => void text.refetch()} />
          ) : text.data && contents.data ? (
            <HelpMarkdown text={text.data.text} page={page} at={at} names={names} />
          ) : contents.error ? (
            <Failed error={contents.error} retry={() => void contents.refetch()} />
          ) : (
            <HelpSkeleton />
          )}
        </div>
      </div>
    </>
  )
}

function HelpSkeleton() {
  return (
    <div className={css.text} aria-busy="true">
      {Array.from({ length: 8 }, (_, i) => (
        <Skeleton key={i} style={{ marginBottom: 16, width: `${50 + ((i * 23) % 50)}%` }} />
      ))}
    </div>
  )
}
