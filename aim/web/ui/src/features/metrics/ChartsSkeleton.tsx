import chartCss from '../../charts/Chart.module.css'
import { Skeleton } from '../../widgets/basics'

/** The shape of charts that have not come. */
export function ChartsSkeleton() {
  return (
    <div
      className={chartCss.grid}
      style={{
        gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
        gridAutoRows: 'minmax(221px, 1fr)',
        minHeight: '100%',
      }}
      role="status"
      aria-busy="true"
      aria-label="Loading"
    >
      {Array.from({ length: 4 }, (_, i) => (
        <div key={i} className={chartCss.chart}>
          <div style={{ padding: 10 }}>
            <Skeleton style={{ width: 140 }} />
          </div>
          <div className={chartCss.wait} style={{ top: 34 }} />
        </div>
      ))}
    </div>
  )
}
