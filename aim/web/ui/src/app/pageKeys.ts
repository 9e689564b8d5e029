import type { KeyDef } from '../base/keys'
import { navigate, redo, undo } from '../base/route'

export const PAGE_KEYS: readonly KeyDef[] = [
  { key: 'g h', does: 'Home', run: () => navigate('/') },
  { key: 'g r', does: 'Runs', run: () => navigate('/runs') },
  { key: 'g m', does: 'Metrics', run: () => navigate('/metrics') },
  { key: 'Ctrl+z', does: 'Undo a change of the view', run: undo },
  { key: 'Ctrl+Shift+Z', does: 'Redo it', run: redo },
]
