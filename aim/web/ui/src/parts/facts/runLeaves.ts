// Nested params as a flat list.

import { below } from '../../base/paramPath'

/** `{opt: {lr: 1}}` as `opt.lr`, `1`. */
export function leaves(
  o: Readonly<Record<string, unknown>>,
  prefix = '',
  out: [string, unknown][] = [],
): [string, unknown][] {
  for (const [k, v] of Object.entries(o)) {
    const path = below(prefix, k)
    if (v !== null && typeof v === 'object' && !Array.isArray(v) && Object.keys(v).length > 0)
      leaves(v as Record<string, unknown>, path, out)
    else out.push([path, v])
  }
  return out
}
