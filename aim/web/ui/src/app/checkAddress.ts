import { leftOut, type Checked } from '../base/address'
import { checkRun } from '../features/run/runAddress'
import { checkRuns } from '../features/runs/runsAddress'
import { checkMetrics } from '../parts/curves/metricsAddress'

/** The parts of an address that its page does not understand, and the address without them. */
export function checkAddress(path: string, search: string): Checked {
  if (path === '/runs' || path === '/runs/') return checkRuns(search)
  if (path === '/metrics') return checkMetrics(search)
  if (/^\/runs\/[^/]+$/.test(path)) return checkRun(search)
  return path === '/'
    ? { unknown: [...new URLSearchParams(search)].map(([k, v]) => leftOut(k, v)), clean: '' }
    : { unknown: [], clean: search }
}
