// The keys that can be pressed now, made from what is registered.

import { useState } from 'react'
import { keyParts, registeredKeys } from '../base/keys'
import { Button } from '../widgets/basics'
import { Dialog } from '../widgets/Dialog'
import css from '../widgets/shell.module.css'

export function KeysDialog({ onClose }: { onClose: () => void }) {
  const [keys] = useState(registeredKeys)
  const [hasCharts] = useState(() => document.querySelector('[data-chart]') !== null)
  return (
    <Dialog title="Keys of this page" onClose={onClose}>
      <div style={{ maxHeight: '60vh', overflow: 'auto' }} tabIndex={0} aria-label="Keys">
        <table className={css.keysTable}>
          <tbody>
            {keys.map((k) => (
              <tr key={k.key}>
                <td>
                  {keyParts(k.key).map((part, i) => (
                    <kbd key={i} style={{ marginRight: 4 }}>
                      {part}
                    </kbd>
                  ))}
                </td>
                <td>{k.does}</td>
              </tr>
            ))}
            {hasCharts && (
              <tr>
                <td>on a chart</td>
                <td>arrows move the crosshair and the line, Shift ×10, Enter pins, + − 0 zoom, l log, f expand</td>
              </tr>
            )}
            {hasCharts && (
              <tr>
                <td>with the mouse</td>
                <td>drag zooms x, Shift+drag both axes, Alt+drag pans, Ctrl+wheel zooms, double-click zooms back</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <div style={{ display: 'flex', justifyContent: 'flex-end', marginTop: 12 }}>
        <Button data-autofocus="" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  )
}
