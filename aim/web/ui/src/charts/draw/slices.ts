// Long work in slices, so that the page gets its turn.

/** A slice may take this long, in ms. */
const SLICE_MS = 8

/** Calls `next` until it returns true; between slices the page can react. Stops once `wanted` is false. */
export function inSlices(next: () => boolean, wanted: () => boolean, done: () => void): void {
  const slice = () => {
    if (!wanted()) return
    const from = performance.now()
    do {
      if (next()) {
        done()
        return
      }
    } while (performance.now() - from < SLICE_MS)
    setTask(slice)
  }
  slice()
}

const channel = typeof MessageChannel === 'undefined' ? null : new MessageChannel()
const tasks: (() => void)[] = []
if (channel) channel.port1.onmessage = () => tasks.shift()?.()

/** The next task, without the wait that timers get when nested. */
function setTask(f: () => void): void {
  if (!channel) {
    setTimeout(f, 0)
    return
  }
  tasks.push(f)
  channel.port2.postMessage(0)
}
