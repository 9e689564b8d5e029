import { PageHeader } from '../widgets/PageHeader'
import { Empty, Link } from '../widgets/basics'

export function NotFound({ path }: { path: string }) {
  return (
    <>
      <PageHeader title="Not found" />
      <Empty title="There is no such page">
        <p className="muted mono">{path}</p>
        <p>
          <Link to="/">Home</Link> · <Link to="/runs">Runs</Link> · <Link to="/metrics">Metrics</Link>
        </p>
      </Empty>
    </>
  )
}
