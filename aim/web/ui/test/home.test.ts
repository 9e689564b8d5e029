import { expect, test } from 'vitest'
import { bestValue, toBest } from '../src/features/home/beside'
import { checkHome, formatHome, parseHome } from '../src/features/home/homeAddress'
import { endedSince } from '../src/features/home/moments'
import { AWAY_S, look, momentText, readVisits } from '../src/features/home/visits'
import { timeLeft } from '../src/parts/facts/timeLeft'

test('a look at the page after half an hour is another visit, one before that is not', () => {
  let visits = look({ since: null, seen: null }, 1000)
  expect(visits).toEqual({ since: null, seen: 1000 })
  visits = look(visits, 1000.5 + AWAY_S)
  expect(visits).toEqual({ since: 1000, seen: 1000.5 + AWAY_S })
  // Stays while the page is looked at.
  visits = look(visits, 1060 + AWAY_S)
  expect(visits.since).toBe(1000)
  visits = look(visits, 1060 + 3 * AWAY_S)
  expect(visits.since).toBe(1060 + AWAY_S)
})

test('visits that were not stored by us, or lie in the future, are none', () => {
  const none = { since: null, seen: null }
  for (const text of ['', '{', 'null', '[]', '7', '{"since":"x","seen":-1}', '{"since":2000,"seen":null}'])
    expect(readVisits(text, 1000)).toEqual(none)
  expect(readVisits('{"since":10,"seen":20}', 1000)).toEqual({ since: 10, seen: 20 })
})

test('a moment is told by what tells it apart: the clock, the day, the date', () => {
  const now = new Date(2026, 10, 30, 9, 5).getTime() / 1000
  const at = (...date: [number, number, number, number, number]) => momentText(new Date(...date).getTime() / 1000, now)
  const clock = (h: number, m: number) =>
    new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }).format(new Date(2026, 0, 1, h, m))
  expect(at(2026, 10, 30, 8, 1)).toBe(clock(8, 1))
  expect(at(2026, 10, 29, 18, 40)).toBe(`yesterday ${clock(18, 40)}`)
  expect(at(2026, 10, 27, 18, 40)).toBe(
    `${new Intl.DateTimeFormat(undefined, { weekday: 'long' }).format(new Date(2026, 10, 27))} ${clock(18, 40)}`,
  )
  expect(at(2026, 9, 1, 18, 40)).toContain('1')
})

test('runs that ended since then are asked for with the seconds and the zone', () => {
  const moment = new Date(2026, 10, 29, 18, 40, 7)
  const found = /^run\.ended_at >= datetime\("(.*)"\)$/.exec(endedSince(moment.getTime() / 1000))
  expect(new Date(found![1]!).getTime()).toBe(moment.getTime())
})

test('the time left is as coarse as an estimate is', () => {
  expect(timeLeft(0)).toBe('under a minute')
  expect(timeLeft(29)).toBe('under a minute')
  expect(timeLeft(31)).toBe('1 min')
  expect(timeLeft(59 * 60)).toBe('59 min')
  expect(timeLeft(59.6 * 60)).toBe('1 h 00 min')
  expect(timeLeft(4 * 3600 + 19 * 60)).toBe('4 h 19 min')
  expect(timeLeft(2 * 86400 + 5 * 3600)).toBe('2 d 5 h')
  expect(timeLeft(4000 * 86400)).toBe('4000 d')
})

const line = (more: object) => ({
  name: 'loss',
  context: {},
  last: 0.5,
  last_step: 9,
  last_time: null,
  spark: [],
  ...more,
})

test('nothing is compared with the best unless people said which direction is better', () => {
  expect(toBest(null)).toBeNull()
  expect(toBest(line({ best: 0.1, best_of_others: 0.4 }))).toBeNull()
  expect(bestValue(line({ best: 0.1, best_of_others: 0.4 }))).toBeNull()
  // A run that is alone is compared with nothing.
  expect(toBest(line({ goal: 'min', best: 0.1, best_of_others: null }))).toBeNull()
  expect(bestValue(line({ goal: 'min', best: 0.1, best_of_others: null }))).toBeNull()
})

test('the last value is set beside the best of the others, the best one may be at any step', () => {
  const worse = line({ goal: 'min', best: 0.25, best_of_others: 0.375 })
  expect(toBest(worse)).toEqual({ difference: 0.125, isBetter: false })
  expect(bestValue(worse)).toBe(0.25)
  expect(toBest(line({ goal: 'max', best: 0.5, best_of_others: 0.375 }))).toEqual({ difference: 0.125, isBetter: true })
  // Equal values tell no run apart.
  expect(bestValue(line({ goal: 'max', best: 0.375, best_of_others: 0.375 }))).toBeNull()
  expect(toBest(line({ goal: 'min', last: NaN, best: null, best_of_others: 0.4 }))).toBeNull()
})

test('the grouping is in the address', () => {
  for (const grouped of [false, true]) expect(parseHome(formatHome({ grouped })).view).toEqual({ grouped })
  expect(formatHome({ grouped: false })).toBe('')
  expect(checkHome('?g=experiment&g=x&y=1')).toEqual({ unknown: ['g=x', 'y=1'], clean: '?g=experiment' })
})
