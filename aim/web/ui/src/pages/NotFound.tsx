import { Header } from '../app/Header'
import { Empty, Link } from '../ui/basics'

export function NotFound({ path }: { path: string }) {
  return (
    <>
      <Header title="Not found" />
      <Empty title="There is no such page">
        <p className="muted mono">{path}</p>
        <p><Link to="/">Home</Link> · <Link to="/runs">Runs</Link> · <Link to="/metrics">Metrics</Link></p>
      </Empty>
    </>
  )
}
