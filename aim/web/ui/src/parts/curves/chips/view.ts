import type { MetricsView } from '../metricsAddress'
import type { ChangeView } from '../usePane'

/** What every chip shows and changes. */
export interface ViewProps {
  readonly view: MetricsView
  readonly change: ChangeView
}
