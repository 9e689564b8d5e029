import { Copy } from 'lucide-react'
import type { ButtonHTMLAttributes, CSSProperties, ReactNode } from 'react'
import type { Status } from '../base/api/types'
import { copyText } from '../base/stores'
import { href, navigate } from '../base/route'
import { slotVariable } from '../base/palette'
import { formatCount } from '../base/format'
import { sparkPath } from './spark'
import css from './ui.module.css'

export function cx(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(' ')
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly primary?: boolean
  readonly danger?: boolean
  readonly quiet?: boolean
  readonly small?: boolean
  readonly icon?: boolean
  readonly on?: boolean
}

export function Button({ primary, danger, quiet, small, icon, on, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={cx(
        css.button,
        primary && css.primary,
        danger && css.danger,
        quiet && css.quiet,
        small && css.small,
        icon && css.icon,
        on && css.on,
        className,
      )}
      {...rest}
    />
  )
}

/** In rows: a dot and a word, of which only what needs a look has a colour. An element alone: tables have thousands. */
export function StatusWord({ status }: { status: Status }) {
  return <span className={cx(css.statusWord, css[`status_${status}`])}>{status}</span>
}

/** In the header of a run, where its status is said once. */
export function StatusPill({ status }: { status: Status }) {
  return <span className={cx(css.status, css[`status_${status}`])}>{status}</span>
}

/** `whole`: on as many lines as it needs; else what has no room is cut, and in its title. */
export function Tag({ children, whole = false }: { children: string; whole?: boolean }) {
  return (
    <span className={cx(css.tag, whole && css.tagWhole)} title={whole ? undefined : children}>
      {children}
    </span>
  )
}

const MOST_TAGS = 50

/** Tags side by side: the first ones of very many. */
export function TagList({ tags, whole = false }: { tags: readonly string[]; whole?: boolean }) {
  const more = tags.length - MOST_TAGS
  return (
    <>
      {tags.slice(0, MOST_TAGS).map((t) => (
        <Tag key={t} whole={whole}>
          {t}
        </Tag>
      ))}
      {more > 0 && <span className="muted">and {formatCount(more)} more</span>}
    </>
  )
}

export function Swatch({ slot }: { slot: number }) {
  return <span className={css.swatch} style={{ background: slotVariable(slot) }} aria-hidden="true" />
}

export function Link({
  to,
  children,
  className,
  ...rest
}: {
  to: string
  children: ReactNode
  className?: string | undefined
  title?: string
  'aria-label'?: string
  'aria-current'?: 'page' | undefined
  'data-section'?: string
}) {
  return (
    <a
      href={href(to)}
      className={className}
      {...rest}
      onClick={(e) => {
        if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return
        e.preventDefault()
        navigate(to)
      }}
    >
      {children}
    </a>
  )
}

export function Skeleton({ style }: { style?: CSSProperties }) {
  return <div className={css.skeleton} style={{ height: 12, ...style }} aria-hidden="true" />
}

export function Code({ children }: { children: string }) {
  return (
    <div className={css.code}>
      <pre tabIndex={0}>{children}</pre>
      <Button small onClick={() => void copyText(children)}>
        <Copy size={14} strokeWidth={1.5} /> Copy
      </Button>
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={css.empty}>
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** A panel that failed: the others go on. */
export function Failed({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const message = error instanceof Error ? error.message : String(error)
  return (
    <div className={css.empty} role="alert">
      <h2 className={css.errText}>{message}</h2>
      <div style={{ display: 'flex', gap: 8 }}>
        {retry && <Button onClick={retry}>Retry</Button>}
        <Button
          onClick={() =>
            void copyText(
              error instanceof Error ? `${error.message}\n${error.stack ?? ''}\n${location.href}` : message,
              'Details copied',
            )
          }
        >
          Copy details
        </Button>
      </div>
    </div>
  )
}

/** A line of values; gaps where they are not finite. */
export function Sparkline({
  values,
  width = 120,
  height = 24,
  slot = 0,
  dot = false,
}: {
  values: readonly (number | null)[]
  width?: number
  height?: number
  /** Of the run's colour. */
  slot?: number
  /** At the last value: more may come. */
  dot?: boolean
}) {
  const finite = values.filter((v): v is number => v !== null && Number.isFinite(v))
  if (finite.length === 0) return <span style={{ width, height, display: 'inline-block' }} />
  const d = sparkPath(values, width, height)
  const end = dot && finite.length > 1 ? /([\d.]+) ([\d.]+)$/.exec(d) : null
  return (
    <svg width={width} height={height} aria-hidden="true" style={{ display: 'block', flex: 'none' }}>
      {/* A point alone is a line without length, which its ends make a dot. */}
      <path
        d={finite.length > 1 ? d : `${d}h0`}
        fill="none"
        stroke={slotVariable(slot)}
        strokeWidth={finite.length > 1 ? 1.25 : 4}
        strokeLinejoin="round"
        strokeLinecap={finite.length > 1 ? 'butt' : 'round'}
      />
      {end && <circle cx={end[1]} cy={end[2]} r={2.5} fill={slotVariable(slot)} />}
    </svg>
  )
}
