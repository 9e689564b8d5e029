// The loss ledger in words: what a run could not keep, and why.

import type { RunDetail } from '../../base/api/types'
import { plural } from '../../base/format'

const CAUSES: Record<string, string> = {
  ENOSPC: 'disk full',
  EDQUOT: 'quota used up',
  EFBIG: 'file too large',
  EROFS: 'read-only file system',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EIO: 'disk error',
  ESTALE: 'network drive gone',
  ENOENT: 'run directory removed',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  removed: 'run directory removed',
}

/** `12 points lost: disk full`; empty where nothing is. */
export function lossText(loss: RunDetail['loss']): string {
  const parts: string[] = []
  if (loss.lost_points > 0) parts.push(plural(loss.lost_points, 'point'))
  if (loss.lost_events > 0) parts.push(plural(loss.lost_events, 'change'))
  if (parts.length === 0) return ''
  // What was refused because of its value is a cause, too, but nothing was lost by it.
  const why = [
    ...new Set(
      loss.causes
        .filter((c) => c.cause in CAUSES || /^E[A-Z0-9]+$/.test(c.cause))
        .map((c) => CAUSES[c.cause] ?? c.cause),
    ),
  ]
  return `${parts.join(' and ')} lost${why.length > 0 ? `: ${why.join(', ')}` : ''}`
}
