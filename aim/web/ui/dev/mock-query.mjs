// Enough of AimQL for the mock: names, comparisons, in, and/or/not, `a, b if ...`. Errors carry their place like the real ones.
class Bad extends Error {
  constructor(message, column, expected) {
    super(message)
    this.query = { code: 'query_syntax', line: 1, column, expected }
  }
}
export const names = ['run', 'metric', 'context', 'params']

export function parse(q) {
  const tokens = []
  const re =
    /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\d[\d.]*(?:[eE][+-]?\d+)?)|([A-Za-z_][\w.]*)|(>=|<=|==|!=|[><()[\],-]))/y
  let at = 0
  while (q.slice(at).trim() !== '') {
    re.lastIndex = at
    const m = re.exec(q)
    if (!m)
      throw new Bad(
        `unexpected ${JSON.stringify(q.slice(at).trim()[0])}`,
        at + 1 + (q.slice(at).length - q.slice(at).trimStart().length),
        'a name, a value or an operator',
      )
    tokens.push({
      text: m[0].trim(),
      kind: m[1] ? 'text' : m[2] ? 'number' : m[3] ? 'name' : 'op',
      column: at + m[0].length - m[0].trimStart().length + 1,
    })
    at = re.lastIndex
  }
  let i = 0
  const peek = () => tokens[i]
  const is = (t) => peek() && peek().text === t
  const need = (t) => {
    if (!is(t)) throw new Bad(`expected ${t}`, peek()?.column ?? q.length + 1, t)
    i++
  }
  const value = () => {
    const t = tokens[i++]
    if (!t)
      throw new Bad('the query ends where a value was expected', q.length + 1, 'a name, a number or a text in quotes')
    if (t.kind === 'text') return { value: t.text.slice(1, -1) }
    if (t.kind === 'number') return { value: Number(t.text) }
    if (t.text === '-') return { value: -value().value }
    if (t.text === '(' || t.text === '[') {
      const list = []
      while (!is(')') && !is(']')) {
        list.push(value())
        if (is(',')) i++
        else break
      }
      if (!is(')') && !is(']')) throw new Bad(`${t.text} is not closed`, t.column, t.text === '(' ? ')' : ']')
      i++
      return { list }
    }
    if (t.kind === 'name' && !['and', 'or', 'not', 'in', 'if'].includes(t.text))
      return t.text === 'True'
        ? { value: true }
        : t.text === 'False'
          ? { value: false }
          : t.text === 'None'
            ? { value: null }
            : { name: t.text }
    throw new Bad(`unexpected ${t.text}`, t.column, 'a name, a number or a text in quotes')
  }
  const comparison = () => {
    if (is('not')) {
      i++
      return { not: comparison() }
    }
    if (is('(')) {
      const save = i
      i++
      try {
        const e = or()
        need(')')
        if (!peek() || ['and', 'or', ')'].includes(peek().text)) return e
      } catch {
        /* a list */
      }
      i = save
    }
    const left = value()
    const op = peek()
    if (op && ['==', '!=', '>', '<', '>=', '<='].includes(op.text)) {
      i++
      return { op: op.text, left, right: value() }
    }
    if (is('in')) {
      i++
      return { op: 'in', left, right: value() }
    }
    if (is('not')) {
      i++
      need('in')
      return { not: { op: 'in', left, right: value() } }
    }
    return { truth: left }
  }
  const and = () => {
    let e = comparison()
    while (is('and')) {
      i++
      e = { and: [e, comparison()] }
    }
    return e
  }
  const or = () => {
    let e = and()
    while (is('or')) {
      i++
      e = { or: [e, and()] }
    }
    return e
  }
  if (tokens.length === 0) return { all: true }
  const cut = tokens.findIndex((t) => t.text === 'if')
  const nameList = (list) => list.filter((t) => t.text !== ',').map((t) => t.text)
  if (cut >= 0) {
    i = cut + 1
    const e = or()
    if (peek()) throw new Bad(`unexpected ${peek().text}`, peek().column, 'and, or, or the end')
    return { metrics: nameList(tokens.slice(0, cut)), where: e }
  }
  if (tokens.every((t, k) => (k % 2 ? t.text === ',' : t.kind === 'name' && !t.text.includes('.'))))
    return { metrics: nameList(tokens), all: true }
  const e = or()
  if (peek()) throw new Bad(`unexpected ${peek().text}`, peek().column, 'and, or, or the end')
  return e
}

const dig = (o, path) => path.reduce((v, k) => (v == null ? undefined : v[k]), o)
function resolve(v, bind) {
  if (v.list) return v.list.map((x) => (x.name ? x.name : x.value))
  if (!('name' in v)) return v.value
  const path = v.name.split('.')
  if (path[0] === 'run') {
    const r = dig(bind.run, path.slice(1))
    return r !== undefined ? r : dig(bind.run.params, path.slice(path[1] === 'params' ? 2 : 1))
  }
  if (path[0] === 'metric') return bind.metric ? dig(bind.metric, path.slice(1)) : undefined
  if (path[0] === 'context') return bind.context ? dig(bind.context, path.slice(1)) : undefined
  const p = path[0] === 'params' ? path.slice(1) : path
  return dig(bind.run.params, p) ?? dig(bind.run.params.hparams, p) ?? dig(bind.run, p)
}
export function evaluate(e, bind) {
  if (e.all) return true
  if (e.where) return evaluate(e.where, bind)
  if (e.and) return e.and.every((x) => evaluate(x, bind))
  if (e.or) return e.or.some((x) => evaluate(x, bind))
  if (e.not) return !evaluate(e.not, bind)
  if (e.truth) return Boolean(resolve(e.truth, bind))
  const a = resolve(e.left, bind)
  let b = resolve(e.right, bind)
  if (b === undefined && e.right.name && !e.right.name.includes('.')) b = e.right.name
  if (e.op === 'in') return Array.isArray(b) ? b.includes(a) : typeof b === 'string' && b.includes(a)
  if (a === undefined || b === undefined) return false
  return { '==': a === b, '!=': a !== b, '>': a > b, '<': a < b, '>=': a >= b, '<=': a <= b }[e.op]
}
