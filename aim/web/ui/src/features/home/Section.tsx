import type { ReactNode } from 'react'
import css from './home.module.css'

/** `says`: what is meant, in a few words. */
export function Section({ title, says, children }: { title: string; says?: string; children: ReactNode }) {
  return (
    <section>
      <div className={css.sectionHead}>
        <h2>{title}</h2>
        {says && <span className="muted">{says}</span>}
      </div>
      {children}
    </section>
  )
}
