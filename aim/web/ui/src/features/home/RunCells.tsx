// What the rows of the first page share.

import type { HomeRow } from '../../base/api/types'
import { clearHover, setHover } from '../../base/hover'
import { contextText } from '../../parts/fields/columns'

export const nameOf = (run: HomeRow) => run.name || run.hash.slice(0, 8)

export const lineText = (line: NonNullable<HomeRow['headline']>) => `${line.name} ${contextText(line.context)}`.trim()

/** `loss val`: values of the context without their keys, as there is no room; the tooltip has them. */
export const shortLineText = (line: NonNullable<HomeRow['headline']>) =>
  [line.name, ...Object.values(line.context).map(String)].join(' ')

export function hovering(hash: string) {
  return {
    'data-run': hash,
    onPointerEnter: () => setHover({ run: hash, line: null, x: null, chart: null, group: null }),
    onPointerLeave: clearHover,
  }
}
