// A page that is paused or out of sight asks for nothing. What it was about to do waits until it is followed again.

const postponed = new Set<() => void>()
let paused = false

/** Whether the page is seen and not paused. */
export function isFollowing(): boolean {
  return !paused && !(typeof document !== 'undefined' && document.hidden)
}

/** Runs `f` now, or once when the page is followed again. */
export function whenFollowing(f: () => void): void {
  if (isFollowing()) f()
  else postponed.add(f)
}

/** What was postponed is not wanted any more. */
export function forget(f: () => void): void {
  postponed.delete(f)
}

export function setPaused(now: boolean): void {
  paused = now
  goOn()
}

/** Does what was postponed, if the page is followed. */
export function goOn(): void {
  if (!isFollowing()) return
  const all = [...postponed]
  postponed.clear()
  for (const f of all) f()
}

/**
 * Runs `f` at most once in `ms`, with the last call not lost, and only while the page is followed. Where `f` gives a
 * promise, not again before that is settled: answers that take longer than `ms` come all the same.
 */
export class Throttle {
  private at = 0
  private timer: ReturnType<typeof setTimeout> | 0 = 0
  private busy = false
  private again = false

  constructor(
    public f: () => unknown,
    public ms: number,
  ) {}

  readonly call = (): void => {
    if (this.busy) this.again = true
    else if (!this.timer)
      this.timer = setTimeout(() => whenFollowing(this.run), Math.max(0, this.at + this.ms - Date.now()))
  }

  end(): void {
    clearTimeout(this.timer || undefined)
    this.timer = 0
    this.again = false
    forget(this.run)
  }

  private readonly run = (): void => {
    this.timer = 0
    this.at = Date.now()
    const answer = this.f()
    if (!(answer instanceof Promise)) return
    this.busy = true
    answer.then(this.done, this.done)
  }

  private readonly done = (): void => {
    this.busy = false
    if (!this.again) return
    this.again = false
    this.call()
  }
}
