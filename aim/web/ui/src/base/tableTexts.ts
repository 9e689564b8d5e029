// A table as a text for a document: Markdown, LaTeX or CSV.

export interface TextTable {
  readonly titles: readonly string[]
  /** By column, whether it holds numbers: they are aligned right. */
  readonly isNumeric: readonly boolean[]
  readonly rows: readonly (readonly string[])[]
}

/** As a program reads a number: with an ASCII minus. */
const plainNumber = (text: string) => text.replace(/\u2212/g, '-')

/** Thin spaces, which group digits, are left out. */
const oneLine = (text: string) =>
  text
    .replace(/\u2009/g, '')
    .replace(/\s+/g, ' ')
    .trim()

export function asMarkdown({ titles, isNumeric, rows }: TextTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  const cell = (text: string) => oneLine(plainNumber(text)).replace(/\\/g, '\\\\').replace(/\|/g, '\\|')
  return [titles.map(cell), isNumeric.map((n) => (n ? '---:' : '---')), ...rows.map((r) => r.map(cell))]
    .map(line)
    .join('')
}

/** A `tabular` that needs no package. */
export function asLatex({ titles, isNumeric, rows }: TextTable): string {
  // Behind the end of a line, `[` and `*` would be an argument of it.
  const line = (cells: readonly string[]) => `  ${cells.join(' & ').replace(/^[[*]/, '{}$&')} \\\\\n`
  const body = rows.map((r) => line(r.map((text, i) => latexText(isNumeric[i] ? withPowers(text) : text)))).join('')
  const head = line(titles.map(latexText))
  return `\\begin{tabular}{${isNumeric.map((n) => (n ? 'r' : 'l')).join('')}}\n  \\hline\n${head}  \\hline\n${body}  \\hline\n\\end{tabular}\n`
}

/** `1.2e-5` as `1.2×10^-5`, in marks that latexText reads. */
const withPowers = (text: string) => text.replace(/(\d)e(-?\d+)/g, '$1×10\u0001$2\u0002')

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '±': '$\\pm$',
  '×': '$\\times$',
  '·': '$\\cdot$',
  '−': '$-$',
  '∞': '$\\infty$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '↓': '$\\downarrow$',
  '↑': '$\\uparrow$',
  '–': '--',
  '\u0001': '$^{',
  '\u0002': '}$',
}

/** A text in which LaTeX reads no command. */
export function latexText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the marks of withPowers
  return oneLine(text).replace(/[\\~^<>|±×·−∞≤≥↓↑–&%$#_{}\u0001\u0002]/g, (c) => LATEX[c] ?? `\\${c}`)
}

/** Begins of texts that a spreadsheet takes for formulas and runs (aim/schema/csv_cells.py). */
const FORMULA = /^[=+\-@\t\r]/
const NUMBER = /^-?(\d|inf$)/

export function asCsv({ titles, isNumeric, rows }: TextTable): string {
  const cell = (text: string, isNumber: boolean) => {
    const plain = isNumber ? plainNumber(text) : text
    const safe = FORMULA.test(plain) && !(isNumber && NUMBER.test(plain)) ? `'${plain}` : plain
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
  }
  return [titles.map((t) => cell(t, false)), ...rows.map((r) => r.map((text, i) => cell(text, isNumeric[i] ?? false)))]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('')
}
