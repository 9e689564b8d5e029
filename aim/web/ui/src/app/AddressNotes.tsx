// What the frame says of the address: parts that the page does not understand, and why it is long.

import { useMemo } from 'react'
import { Button } from '../widgets/basics'
import { navigate, usePlace } from '../base/route'
import css from '../widgets/shell.module.css'
import { useStored } from '../base/storedViews'
import { checkAddress } from './registry'

const NAMED = 8

export function AddressNotes() {
  const { path, search } = usePlace()
  const { why, beside } = useStored()
  const { unknown, clean } = useMemo(() => checkAddress(path, search), [path, search])
  const left = [...unknown, ...beside]
  return (
    <>
      {left.length > 0 && (
        <div className={css.note} role="note">
          <b>Left out of the address, as this page does not understand it:</b>
          {left.slice(0, NAMED).map((text, i) => (
            <code key={i}>{text}</code>
          ))}
          {left.length > NAMED && <span>and {left.length - NAMED} more</span>}
          <Button
            small
            onClick={() => {
              useStored.setState({ beside: [] })
              navigate(path + clean, 'replace')
            }}
          >
            Remove
          </Button>
        </div>
      )}
      {why !== null && (
        <div className={css.note} role="note">
          <b>The address of this view is long</b> <span>and could not be made short: {why}.</span>
        </div>
      )}
    </>
  )
}
