import { literal } from '../../../parts/query/filterTerms'
import { Button } from '../../../widgets/basics'
import ui from '../../../widgets/ui.module.css'
import css from './columns.module.css'

const OPERATORS = ['==', '!=', '>', '>=', '<', '<='] as const

/** Makes a term of the query about a column. */
export function ColumnFilter({
  name,
  isTags,
  isNumber,
  onDone,
}: {
  name: string
  isTags: boolean
  isNumber: boolean
  onDone: (term: string) => void
}) {
  return (
    <form
      className={css.form}
      onSubmit={(e) => {
        e.preventDefault()
        const data = new FormData(e.currentTarget)
        const value = String(data.get('value') ?? '').trim()
        if (value)
          onDone(
            isTags
              ? `${JSON.stringify(value)} in ${name}`
              : `${name} ${String(data.get('operator'))} ${literal(value)}`,
          )
      }}
    >
      {!isTags && (
        <select
          className={ui.input}
          name="operator"
          aria-label="Operator"
          defaultValue={isNumber ? '<=' : '=='}
          style={{ width: 60, flex: 'none' }}
        >
          {OPERATORS.map((o) => (
            <option key={o}>{o}</option>
          ))}
        </select>
      )}
      <input
        className={ui.input}
        name="value"
        autoComplete="off"
        placeholder={isTags ? 'Tag' : 'Value'}
        aria-label={isTags ? 'Tag' : 'Value'}
      />
      <Button small type="submit">
        Filter
      </Button>
    </form>
  )
}
