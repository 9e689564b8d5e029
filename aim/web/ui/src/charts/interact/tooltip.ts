// The one tooltip of the page. Filled by hand: a hover costs no React render.

export interface TipRow {
  readonly colour: string
  readonly name: string
  readonly value: string
}

export interface Tip {
  readonly colour: string
  readonly title: string
  readonly value: string
  readonly rest: string
  readonly lines: readonly string[]
  readonly others: readonly TipRow[]
}

const OFFSET = 12
const EDGE = 4
/** The widest a tip gets, as its style says. */
const WIDEST = 340
const LINE = 18
const PADDING = 18

let element: HTMLDivElement | null = null
let parts: {
  readonly swatch: HTMLElement
  readonly title: Text
  readonly value: HTMLElement
  readonly metric: Text
  readonly number: Text
  readonly rest: Text
  readonly lines: HTMLElement
  readonly others: HTMLElement
} | null = null

function add(parent: HTMLElement, tag: string, className: string): HTMLElement {
  const e = document.createElement(tag)
  e.className = className
  parent.append(e)
  return e
}

function text(parent: HTMLElement): Text {
  const t = document.createTextNode('')
  parent.append(t)
  return t
}

function set(t: Text, value: string): void {
  if (t.data !== value) t.data = value
}

function show(e: HTMLElement, is: boolean): void {
  if (e.hidden === is) e.hidden = !is
}

function make(): HTMLDivElement {
  const e = document.createElement('div')
  e.className = 'chart-tip'
  e.setAttribute('aria-hidden', 'true')
  const head = add(e, 'div', 'chart-tip-head')
  const swatch = add(head, 'span', 'chart-tip-swatch')
  const title = text(add(head, 'b', ''))
  const value = add(e, 'div', 'chart-tip-value')
  const metric = text(value)
  const number = text(add(value, 'b', 'num'))
  const rest = text(add(value, 'span', 'chart-tip-dim num'))
  parts = {
    swatch,
    title,
    value,
    metric,
    number,
    rest,
    lines: add(e, 'div', 'chart-tip-dim num'),
    others: add(e, 'div', 'chart-tip-others'),
  }
  document.body.append(e)
  return (element = e)
}

/** Makes the element before the first hover needs it. */
export function prepareTip(): void {
  if (!element) make()
}

/** As many children as there are texts; those that exist are filled again, so that a move makes no elements. */
function child(parent: HTMLElement, index: number, build: () => HTMLElement): HTMLElement {
  const known = parent.children[index] as HTMLElement | undefined
  if (known) return known
  const made = build()
  parent.append(made)
  return made
}

/** Shows the tip near a point of the window, 12 px off, flipped where it would leave the window. Measures nothing. */
export function showTip(tip: Tip, x: number, y: number): void {
  const e = element ?? make()
  const p = parts!
  p.swatch.style.background = tip.colour
  show(p.swatch, tip.colour !== '')
  set(p.title, tip.title)
  show(p.value, tip.value !== '')
  const cut = tip.value.indexOf('\t')
  set(p.metric, cut < 0 ? tip.value : tip.value.slice(0, cut))
  set(p.number, cut < 0 ? '' : ` ${tip.value.slice(cut + 1)}`)
  set(p.rest, tip.rest ? ` ${tip.rest}` : '')
  for (let i = 0; i < Math.max(tip.lines.length, p.lines.children.length); i++) {
    const line = child(p.lines, i, () => {
      const d = document.createElement('div')
      text(d)
      return d
    })
    show(line, i < tip.lines.length)
    if (i < tip.lines.length) set(line.firstChild as Text, tip.lines[i]!)
  }
  show(p.others, tip.others.length > 0)
  for (let i = 0; i < Math.max(tip.others.length, p.others.children.length); i++) {
    const row = child(p.others, i, () => {
      const d = document.createElement('div')
      d.className = 'chart-tip-other'
      add(d, 'span', 'chart-tip-swatch')
      text(add(d, 'span', 'ellipsis'))
      text(add(d, 'span', 'num'))
      return d
    })
    show(row, i < tip.others.length)
    const o = tip.others[i]
    if (!o) continue
    ;(row.children[0] as HTMLElement).style.background = o.colour
    set(row.children[1]!.firstChild as Text, o.name)
    set(row.children[2]!.firstChild as Text, o.value)
  }
  const height =
    PADDING +
    LINE * (1 + (tip.value ? 1 : 0) + tip.lines.length) +
    (tip.others.length > 0 ? 8 + LINE * tip.others.length : 0)
  const left =
    x + OFFSET + WIDEST > innerWidth - EDGE && x > innerWidth / 2 ? `${x - OFFSET}px - 100%` : `${x + OFFSET}px`
  const top = y - OFFSET - height < EDGE ? `${y + OFFSET}px` : `${y - OFFSET}px - 100%`
  e.style.transform = `translate(max(${EDGE}px, min(${left}, 100vw - 100% - ${EDGE}px)), max(${EDGE}px, min(${top}, 100vh - 100% - ${EDGE}px)))`
  e.style.visibility = 'visible'
}

export function isTipShown(): boolean {
  return element?.style.visibility === 'visible'
}

export function hideTip(): void {
  if (element) element.style.visibility = 'hidden'
}
