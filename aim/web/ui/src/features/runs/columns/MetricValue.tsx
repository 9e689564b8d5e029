import { metricColumn, metricId } from '../../../parts/fields/columnLayout'
import { Button } from '../../../widgets/basics'
import { MenuItem, MenuTitle } from '../../../widgets/Popover'
import ui from '../../../widgets/ui.module.css'
import css from './columns.module.css'

const SUMMARIES = ['last', 'min', 'max'] as const
const BEST = [
  ['min', 'best is the lowest'],
  ['max', 'best is the highest'],
] as const

/** Which value of a metric the column holds. */
export function MetricValue({
  id,
  goal,
  onChoose,
}: {
  id: string
  goal: 'min' | 'max' | null
  onChoose: (id: string) => void
}) {
  const metric = metricColumn(id)!
  const of = (what: string) => metricId({ ...metric, what })
  const what = metric.what
  return (
    <div className={css.section}>
      <div role="menu" aria-label="Value of the metric">
        <MenuTitle>Value</MenuTitle>
        {SUMMARIES.map((w) => (
          <MenuItem key={w} checked={what === w} onSelect={() => onChoose(of(w))}>
            {w}
          </MenuItem>
        ))}
        {BEST.map(([end, text]) => (
          <MenuItem
            key={end}
            checked={what === `best:${end}` || (what === 'best' && goal === end)}
            hint={goal === end ? 'guessed by its name' : undefined}
            onSelect={() => onChoose(of(`best:${end}`))}
          >
            {text}
          </MenuItem>
        ))}
      </div>
      <AtStep what={what} onChoose={(step) => onChoose(of(`at:${step}`))} />
    </div>
  )
}

function AtStep({ what, onChoose }: { what: string; onChoose: (step: number) => void }) {
  return (
    <form
      className={css.form}
      onSubmit={(e) => {
        e.preventDefault()
        const step = Number(new FormData(e.currentTarget).get('step'))
        if (Number.isInteger(step)) onChoose(step)
      }}
    >
      <label htmlFor="at-step">at step</label>
      <input
        id="at-step"
        className={ui.input}
        name="step"
        type="number"
        step={1}
        required
        defaultValue={what.startsWith('at:') ? what.slice(3) : ''}
        title="The value at this step, or at the nearest before it"
      />
      <Button small type="submit">
        Show
      </Button>
    </form>
  )
}
