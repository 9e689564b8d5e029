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

let element: HTMLDivElement | null = null

function host(): HTMLDivElement {
  if (!element) {
    element = document.createElement('div')
    element.className = 'chart-tip'
    element.setAttribute('aria-hidden', 'true')
    document.body.append(element)
  }
  return element
}

function add(parent: HTMLElement, tag: string, className: string, text?: string): HTMLElement {
  const e = document.createElement(tag)
  e.className = className
  if (text !== undefined) e.textContent = text
  parent.append(e)
  return e
}

const OFFSET = 12

/** Shows the tip near a point of the window, 12 px off, flipped where it would leave the window. */
export function showTip(tip: Tip, x: number, y: number): void {
  const e = host()
  e.replaceChildren()
  const head = add(e, 'div', 'chart-tip-head')
  if (tip.colour) add(head, 'span', 'chart-tip-swatch').style.background = tip.colour
  add(head, 'b', '', tip.title)
  if (tip.value) {
    const row = add(e, 'div', 'chart-tip-value')
    row.append(tip.value.split('\t')[0] ?? '')
    add(row, 'b', 'num', ` ${tip.value.split('\t')[1] ?? ''}`)
    if (tip.rest) add(row, 'span', 'chart-tip-dim num', ` ${tip.rest}`)
  }
  for (const l of tip.lines) add(e, 'div', 'chart-tip-dim num', l)
  if (tip.others.length > 0) {
    const list = add(e, 'div', 'chart-tip-others')
    for (const o of tip.others) {
      const row = add(list, 'div', 'chart-tip-other')
      add(row, 'span', 'chart-tip-swatch').style.background = o.colour
      add(row, 'span', 'ellipsis', o.name)
      add(row, 'span', 'num', o.value)
    }
  }
  e.style.visibility = 'visible'
  const w = e.offsetWidth
  const h = e.offsetHeight
  let left = x + OFFSET
  if (left + w > innerWidth - 4) left = x - OFFSET - w
  let top = y - h - OFFSET
  if (top < 4) top = y + OFFSET
  if (top + h > innerHeight - 4) top = Math.max(4, innerHeight - 4 - h)
  e.style.transform = `translate(${Math.max(4, Math.round(left))}px, ${Math.round(top)}px)`
}

export function hideTip(): void {
  if (element) element.style.visibility = 'hidden'
}
