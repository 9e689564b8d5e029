import { digitsOfTrios, formatCount, formatNumber } from '../../base/format'
import type { ChartLine } from '../../charts/layout/model'
import { Button } from '../../widgets/basics'
import { Dialog, DialogButtons } from '../../widgets/Dialog'

const MOST_ROWS = 500

/** The lines of a chart in numbers. */
export function ChartTable({
  title,
  lines,
  onClose,
}: {
  title: string
  lines: readonly ChartLine[]
  onClose: () => void
}) {
  const rows = lines.slice(0, MOST_ROWS).map(summaryOf)
  const digits = digitsOfTrios(rows.map((r) => [r.last, r.lo, r.hi]))
  return (
    <Dialog title={title} onClose={onClose} wide>
      <div style={{ maxHeight: '60vh', overflow: 'auto' }} tabIndex={0}>
        <table style={{ width: '100%', borderCollapse: 'collapse' }}>
          <thead>
            <tr>
              {['Run', 'Metric', 'Points', 'Last', 'Lowest', 'Highest'].map((h, i) => (
                <th
                  key={h}
                  style={{
                    textAlign: i > 1 ? 'right' : 'left',
                    padding: '2px 8px',
                    fontWeight: 400,
                    color: 'var(--text-3)',
                  }}
                >
                  {h}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.key}>
                <td style={{ padding: '2px 8px' }}>{r.label}</td>
                <td style={{ padding: '2px 8px' }}>{r.metric}</td>
                {[
                  formatCount(r.points),
                  formatNumber(r.last, digits),
                  formatNumber(r.lo, digits),
                  formatNumber(r.hi, digits),
                ].map((v, i) => (
                  <td key={i} className="num" style={{ padding: '2px 8px', textAlign: 'right' }}>
                    {v}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {lines.length > rows.length && (
          <p className="muted">
            The first {rows.length} of {formatCount(lines.length)} lines
          </p>
        )}
      </div>
      <DialogButtons>
        <Button onClick={onClose}>Close</Button>
      </DialogButtons>
    </Dialog>
  )
}

function summaryOf(l: ChartLine) {
  let lo = Infinity
  let hi = -Infinity
  const min = l.series.min ?? l.series.last
  const max = l.series.max ?? l.series.last
  for (let i = 0; i < min.length; i++) {
    if (min[i]! < lo) lo = min[i]!
    if (max[i]! > hi) hi = max[i]!
  }
  const last = l.series.last[l.series.last.length - 1]
  return { key: l.key, label: l.label, metric: l.metric, points: l.series.total, last, lo, hi }
}
