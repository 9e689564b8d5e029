import { lazy, Suspense } from 'react'

const FirstStartPage = lazy(() => import('./FirstStartPage'))

/** What a repo without runs shows: not a part of the first load of the others. */
export function FirstStart() {
  return (
    <Suspense>
      <FirstStartPage />
    </Suspense>
  )
}
