// The query string of the trash, which has none.

import { leftOut, type Checked } from '../../base/address'

export function checkTrash(search: string): Checked {
  return { unknown: [...new URLSearchParams(search)].map(([key, value]) => leftOut(key, value)), clean: '' }
}
