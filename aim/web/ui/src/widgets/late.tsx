// Parts of pages that are not in the first load.

import { useEffect, useState, type ComponentType } from 'react'

type Late<P> = ComponentType<P> & { readonly ahead: () => void }

/**
 * A component whose code is loaded when it is first shown, or before: see useAhead. Once it is there it is drawn at once,
 * like any other; where the server cannot be reached it says so in its place.
 */
export function late<P extends object>(load: () => Promise<ComponentType<P>>): Late<P> {
  let Part: ComponentType<P> | null = null
  const ready = () => load().then((part) => void (Part = part))
  function Shown(props: P) {
    const [state, setState] = useState<'here' | 'loading' | 'failed'>(Part ? 'here' : 'loading')
    useEffect(() => {
      if (!Part)
        ready().then(
          () => setState('here'),
          () => setState('failed'),
        )
    }, [])
    if (Part) return <Part {...props} />
    return state === 'failed' ? <p role="alert">The server does not answer: open this again later.</p> : null
  }
  return Object.assign(Shown, { ahead: () => whenIdle(() => void ready().catch(() => undefined)) })
}

/** Loads parts while the browser is idle, on the page that has the buttons for them. */
export function useAhead(...parts: readonly { readonly ahead: () => void }[]): void {
  useEffect(() => {
    for (const part of parts) part.ahead()
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the parts of a page are always the same
  }, [])
}

function whenIdle(f: () => void): void {
  if (typeof requestIdleCallback === 'undefined') setTimeout(f, 2000)
  else requestIdleCallback(f)
}
