import { formatNumber } from '../../../base/format'
import css from '../../../charts/Chart.module.css'
import { valueAtShare, type ColourScale } from '../groupColours'

interface Props {
  readonly scale: ColourScale
  /** What the numbers are. */
  readonly name: string
  /** With a label in the middle. */
  readonly wide?: boolean
}

/** The scale of colours that numbers have, with its ends labelled. */
export function ColourBar({ scale, name, wide = false }: Props) {
  const [lo, middle, hi] = [0, 0.5, 1].map((share) => formatNumber(valueAtShare(scale, share), 3))
  const about = `${name} from ${lo} to ${hi}${scale.isLog ? ', logarithmic' : ''}`
  if (!wide) {
    return (
      <span className={css.bar} role="group" aria-label={about} title={about}>
        <span>{name}</span>
        <span className="num">{lo}</span>
        <span className={css.barFill} />
        <span className="num">{hi}</span>
      </span>
    )
  }
  return (
    <div className={css.barWide} role="group" aria-label={about}>
      <span>
        {name}
        {scale.isLog && <span className="muted"> log</span>}
      </span>
      <span className={css.barFill} />
      <span className={css.barEnds}>
        <span className="num">{lo}</span>
        <span className="num">{middle}</span>
        <span className="num">{hi}</span>
      </span>
    </div>
  )
}
