import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asId, type UserId } from '../../lib/ids.ts'
import { instant } from '../../lib/time.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { type Move, movesBetween, type PersonalShift } from './moves.ts'

describe('what an edit does to the shifts of one person', () => {
  test.each<[string, string, string, string[]]>([
    ['a shift more', '', '9-17', ['added: -> 9-17']],
    ['a shift less', '9-17', '', ['removed: 9-17 ->']],
    ['an earlier end', '9-17', '9-12', ['shortened: 9-17 -> 9-12']],
    ['a later start and an earlier end', '9-17', '10-12', ['shortened: 9-17 -> 10-12']],
    ['a later end', '9-17', '9-18', ['extended: 9-17 -> 9-18']],
    ['the same length, later', '9-17', '11-19', ['moved: 9-17 -> 11-19']],
    ['a break', '9-17', '9-12 13-17', ['split: 9-17 -> 9-12 13-17']],
    ['no break any more', '9-12 13-17', '9-17', ['joined: 9-12 13-17 -> 9-17']],
    ['a break at another time', '9-12 13-17', '9-14 15-17', ['moved: 9-12 13-17 -> 9-14 15-17']],
    ['another day', '9-17', '33-41', ['moved: 9-17 -> 33-41']],
    ['an earlier day', '33-41', '9-17', ['moved: 33-41 -> 9-17']],
    ['another week', '0-168', '168-336', ['moved: 0-168 -> 168-336']],
    ['another month', '0-168', '720-888', ['removed: 0-168 ->', 'added: -> 720-888']],
    ['nothing', '9-17 20-22', '9-17 20-22', []],
    ['one of several', '9-17 20-22 30-32', '9-17 20-23 30-32', ['extended: 20-22 -> 20-23']],
    ['each second one, from each one', '0-8 8-16 16-24', '0-8 16-24', ['removed: 8-16 ->']],
    ['each one, from each second one', '0-8 16-24', '0-8 8-16 16-24', ['added: -> 8-16']],
  ])('%s', (_what, before, after, expected) => {
    expect(told(movesBetween(shifts('ana', before), shifts('ana', after)))).toEqual(expected.map((text) => `ana ${text}`))
  })

  test('a hand-over to oneself is no border where it makes no difference', () => {
    expect(movesBetween(shifts('ana', '0-8 8-16'), shifts('ana', '0-16'))).toEqual([])
    expect(told(movesBetween(shifts('ana', '0-8 8-16'), shifts('ana', '0-4 4-10 10-18')))).toEqual(['ana extended: 0-16 -> 0-18'])
  })
})

test('moves are of each person alone, in order of the first instant, then of the person', () => {
  const before = [...shifts('ana', '0-8'), ...shifts('ben', '8-16'), ...shifts('cai', '16-20')]
  const after = [...shifts('ben', '0-8'), ...shifts('ana', '8-16'), ...shifts('cai', '16-20')]
  expect(told(movesBetween(before, after))).toEqual(['ana moved: 0-8 -> 8-16', 'ben moved: 8-16 -> 0-8'])
})

describe('of any two lists of final shifts', () => {
  const any = fc.tuple(rows(), rows())

  test('taking away what moves had, and putting in what they have, makes the one the other', () => {
    fc.assert(
      fc.property(any, ([before, after]) => {
        const moves = movesBetween(before, after)
        const left = hoursOf(before)
        for (const hour of windowsOf(moves, 'before')) expect(left.delete(hour)).toBe(true)
        for (const hour of windowsOf(moves, 'after')) {
          expect(left.has(hour)).toBe(false)
          left.add(hour)
        }
        expect([...left].toSorted()).toEqual([...hoursOf(after)].toSorted())
      }),
      { numRuns: 500 },
    )
  })

  test('no move is without a difference, and the way back has the same moves, turned round', () => {
    fc.assert(
      fc.property(any, ([before, after]) => {
        const moves = movesBetween(before, after)
        for (const move of moves) expect(move.before).not.toEqual(move.after)
        const back = movesBetween(after, before).map((move) => ({ userId: move.userId, before: move.after, after: move.before }))
        expect(back).toEqual(moves.map(({ userId, before: had, after: has }) => ({ userId, before: had, after: has })))
      }),
      { numRuns: 300 },
    )
  })

  test('there are none exactly where everybody is on call as before', () => {
    fc.assert(
      fc.property(any, ([before, after]) => {
        const isSame = [...hoursOf(before)].toSorted().join() === [...hoursOf(after)].toSorted().join()
        expect(movesBetween(before, after).length === 0).toBe(isSame)
      }),
      { numRuns: 300 },
    )
  })
})

const hourMs = 3_600_000

function shifts(name: string, text: string): readonly PersonalShift[] {
  return text
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => {
      const [from = 0, to = 0] = part.split('-').map(Number)
      return { userId: asId<UserId>(name), startAt: instant(from * hourMs), endAt: instant(to * hourMs) }
    })
}

const told = (moves: readonly Move[]) =>
  moves.map(({ userId, kind, before, after }) =>
    `${userId} ${kind}: ${written(before)} -> ${written(after)}`.replace(/: +->/, ': ->').trim(),
  )

const written = (windows: readonly TimeWindow[]) =>
  windows.map(({ startAt, endAt }) => `${startAt / hourMs}-${endAt / hourMs}`).join(' ')

/** Rows of three people, which never overlap for one of them and often touch. */
function rows(): fc.Arbitrary<readonly PersonalShift[]> {
  const steps = fc.array(fc.tuple(fc.constantFrom(0, 0, 1, 5, 200), fc.integer({ min: 1, max: 12 })), { maxLength: 12 })
  const of = (name: string) =>
    steps.map((list) => {
      let at = 0
      return list.map(([pause, length]) => {
        const startAt = at + pause
        at = startAt + length
        return { userId: asId<UserId>(name), startAt: instant(startAt * hourMs), endAt: instant(at * hourMs) }
      })
    })
  return fc.tuple(of('ana'), of('ben'), of('cai')).map((all) => all.flat())
}

const hoursOf = (list: readonly PersonalShift[]) => new Set(list.flatMap(hoursWithin))

const hoursWithin = ({ userId, startAt, endAt }: PersonalShift) =>
  Array.from({ length: (endAt - startAt) / hourMs }, (_, index) => `${userId} ${startAt / hourMs + index}`)

const windowsOf = (moves: readonly Move[], side: 'before' | 'after') =>
  moves.flatMap((move) => move[side].flatMap((window) => hoursWithin({ userId: move.userId, ...window })))
