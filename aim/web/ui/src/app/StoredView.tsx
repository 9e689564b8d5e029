// A link to a stored view, while it is read and where there is none.

import { useQuery } from '@tanstack/react-query'
import { ApiError } from '../base/api/client'
import { Button, Empty, Failed, Skeleton } from '../widgets/basics'
import { PageHeader } from '../widgets/PageHeader'
import { navigate } from '../base/route'
import { Waiting } from '../parts/query/SearchState'
import { pageAt } from './registry'
import { openView } from '../base/storedViews'

export function StoredView({ path, hash }: { path: string; hash: string }) {
  const asked = useQuery({
    queryKey: ['view', hash],
    queryFn: async ({ signal }) => {
      await openView(hash, signal)
      return true
    },
    retry: false,
    gcTime: 0,
  })
  const page = pageAt(path)?.page
  const name = page?.menu ? page.title : 'the page'
  if (asked.error instanceof ApiError && (asked.error.status === 404 || asked.error.status === 400)) {
    return (
      <>
        <PageHeader title="View not found" />
        <Empty title="This repo has no such view">
          <p className="mono muted" style={{ overflowWrap: 'anywhere' }}>
            {hash}
          </p>
          <p>The link names a stored view. It may belong to another repo, or its file may have been removed.</p>
          <div style={{ display: 'flex', gap: 8 }}>
            <Button onClick={() => navigate(path)}>Open {name} as it is</Button>
          </div>
        </Empty>
      </>
    )
  }
  if (asked.error)
    return (
      <>
        <PageHeader title="View" />
        <Failed error={asked.error} retry={() => void asked.refetch()} />
      </>
    )
  return (
    <>
      <PageHeader title="View" />
      <Waiting>
        <div style={{ padding: 24 }} aria-busy="true">
          {[60, 40, 72, 55].map((w) => (
            <Skeleton key={w} style={{ width: `${w}%`, marginBottom: 16 }} />
          ))}
        </div>
      </Waiting>
    </>
  )
}
