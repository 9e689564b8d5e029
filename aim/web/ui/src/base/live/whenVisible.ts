// A page that is paused or out of sight asks for nothing. What it was about to do waits until it is visible again.

/** Work that waits while a page is paused or out of sight. */
class PostponedWork {
  private readonly waiting = new Set<() => void>()
  private isPaused = false

  isVisible(): boolean {
    return !this.isPaused && !(typeof document !== 'undefined' && document.hidden)
  }

  add(f: () => void): void {
    if (this.isVisible()) f()
    else this.waiting.add(f)
  }

  remove(f: () => void): void {
    this.waiting.delete(f)
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused
    this.resume()
  }

  resume(): void {
    if (!this.isVisible()) return
    const all = [...this.waiting]
    this.waiting.clear()
    for (const f of all) f()
  }
}

/** The only one: a browser tab has one page, which is paused and hidden as a whole. */
const work = new PostponedWork()

/** Whether the page is in sight and not paused. */
export const isVisible = (): boolean => work.isVisible()

/** Runs `f` now, or once when the page is visible again. */
export const whenVisible = (f: () => void): void => work.add(f)

/** What was postponed is not wanted any more. */
export const forget = (f: () => void): void => work.remove(f)

export const setPaused = (isPaused: boolean): void => work.pause(isPaused)

/** Does what was postponed, if the page is visible. */
export const resume = (): void => work.resume()

/**
 * Runs `f` at most once in `ms`, with the last call not lost, and only while the page is visible. Where `f` gives a
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
      this.timer = setTimeout(() => whenVisible(this.run), Math.max(0, this.at + this.ms - Date.now()))
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
