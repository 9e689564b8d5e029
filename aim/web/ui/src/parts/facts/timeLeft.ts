// How long is left, as coarse as an estimate is.

/** `4 h 19 min`, `12 min`, `under a minute`. */
export function timeLeft(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (minutes < 1) return 'under a minute'
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`
  const days = Math.floor(hours / 24)
  return days < 100 ? `${days} d ${hours % 24} h` : `${days} d`
}
