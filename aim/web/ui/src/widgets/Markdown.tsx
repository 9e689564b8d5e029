// Markdown. What renders it is loaded on first use, for most views show none; while it comes, and where it does not, the
// text is shown as it was written.

import { useEffect, useState, type ComponentType } from 'react'
import { onReachable } from '../base/api/client'
import { Button } from './basics'
import css from './ui.module.css'

type Renderer = ComponentType<{ text: string }>

let loaded: Renderer | null = null
let tries = 0

/** A browser that failed to load a module does not try its address again; one more letter makes it another address. */
async function load(): Promise<Renderer> {
  if (loaded) return loaded
  const first = () => import('./MarkdownRendered')
  try {
    loaded = (await first()).default
  } catch (e) {
    const url = /https?:\S+\.js/.exec(e instanceof Error ? e.message : '')?.[0]
    if (!url || tries === 0) {
      tries++
      throw e
    }
    loaded = ((await import(/* @vite-ignore */ `${url}?retry=${tries++}`)) as { default: Renderer }).default
  }
  return loaded
}

export function Markdown({ text }: { text: string }) {
  const [Rendered, setRendered] = useState<Renderer | null>(() => loaded)
  const [failed, setFailed] = useState(false)
  const [round, setRound] = useState(0)
  useEffect(() => {
    if (Rendered) return
    let left = false
    load().then(
      (r) => {
        if (!left) {
          setRendered(() => r)
          setFailed(false)
        }
      },
      () => {
        if (!left) setFailed(true)
      },
    )
    return () => {
      left = true
    }
  }, [Rendered, round])
  useEffect(
    () =>
      failed
        ? onReachable((ok) => {
            if (ok) setRound((n) => n + 1)
          })
        : undefined,
    [failed],
  )
  if (Rendered) return <Rendered text={text} />
  return (
    <>
      <pre className={css.plainText}>{text}</pre>
      {failed && (
        <p role="alert" className={css.note}>
          The Markdown could not be rendered: a part of the page did not load.{' '}
          <Button small onClick={() => setRound((n) => n + 1)}>
            Retry
          </Button>
        </p>
      )}
    </>
  )
}
