// Parts of pages that are not in the first load.

import { useEffect, useState, type ComponentType } from 'react'

/**
 * A component whose code is loaded while the browser is idle, or when it is first shown. Once it is there it is drawn at
 * once, like any other; where the server cannot be reached it says so in its place.
 */
export function late<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let Part: ComponentType<P> | null = null
  const ready = () => load().then((part) => void (Part = part))
  whenIdle(() => void ready().catch(() => undefined))
  return function Late(props: P) {
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
}

function whenIdle(f: () => void): void {
  if (typeof requestIdleCallback === 'undefined') setTimeout(f, 2000)
  else requestIdleCallback(f)
}
