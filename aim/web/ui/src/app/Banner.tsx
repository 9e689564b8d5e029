// What holds for every page: the server cannot be reached, was updated, or is still reading the repo.

import { formatClock } from '../base/format'
import { useLive } from '../base/live/live'
import { useInfo } from '../base/queries'
import { Button, cx } from '../widgets/basics'
import css from '../widgets/shell.module.css'

export function Banner() {
  const live = useLive()
  const info = useInfo()
  if (live.state === 'reconnecting') {
    return (
      <div className={cx(css.banner, css.bannerBad)} role="status">
        <b>Server not reachable</b> · {live.retryIn > 0 ? `retrying in ${live.retryIn} s` : 'retrying'} · data as of{' '}
        {formatClock(live.heardAt)}
        <Button small onClick={live.retry}>
          Retry now
        </Button>
      </div>
    )
  }
  if (live.upgraded) {
    return (
      <div className={css.banner} role="status">
        A new version is running
        <Button small onClick={() => location.reload()}>
          Reload
        </Button>
      </div>
    )
  }
  const behind = info.data?.catching_up
  if (behind) {
    const share = behind.total > 0 ? `: ${Math.floor((100 * behind.done) / behind.total)} %` : ''
    return (
      <div className={css.banner} role="status">
        Index is catching up{share} · results are incomplete
      </div>
    )
  }
  return null
}
