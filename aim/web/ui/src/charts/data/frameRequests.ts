/** Runs a few pieces of work at once, the others as soon as one of these ends. */
class Limit {
  private running = 0
  private readonly queue: (() => void)[] = []

  constructor(private readonly atOnce: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.atOnce) await new Promise<void>((go) => this.queue.push(go))
    this.running++
    try {
      return await work()
    } finally {
      this.running--
      this.queue.shift()?.()
    }
  }
}

/** The only one: all charts of a page ask the same server; more answers at once would share it and draw nothing sooner. */
const frameRequests = new Limit(3)

export const limited = <T>(work: () => Promise<T>): Promise<T> => frameRequests.run(work)
