import { Fragment } from 'react'
import { Empty, Link } from '../widgets/basics'
import { PageHeader } from '../widgets/PageHeader'
import { linkTo, MENU_PAGES } from './registry'

export function NotFound({ path }: { path: string }) {
  return (
    <>
      <PageHeader title="Not found" />
      <Empty title="There is no such page">
        <p className="muted mono">{path}</p>
        <p>
          {MENU_PAGES.map((page, i) => (
            <Fragment key={page.name}>
              {i > 0 && ' · '}
              <Link to={linkTo(page)}>{page.title}</Link>
            </Fragment>
          ))}
        </p>
      </Empty>
    </>
  )
}
