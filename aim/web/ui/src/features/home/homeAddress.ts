// The query string of the first page: whether its recent runs are grouped by experiment.

import { join, leftOut, type Checked } from '../../base/address'

export interface HomeView {
  readonly grouped: boolean
}

const GROUPED = 'experiment'

export function parseHome(search: string): { readonly view: HomeView; readonly unknown: string[] } {
  const keys = [...new URLSearchParams(search)]
  return {
    view: { grouped: keys.some(([k, v]) => k === 'g' && v === GROUPED) },
    unknown: keys.filter(([k, v]) => k !== 'g' || v !== GROUPED).map(([k, v]) => leftOut(k, v)),
  }
}

export function formatHome({ grouped }: HomeView): string {
  return join(grouped ? [['g', GROUPED]] : [])
}

export function checkHome(search: string): Checked {
  const { view, unknown } = parseHome(search)
  return { unknown, clean: formatHome(view) }
}
