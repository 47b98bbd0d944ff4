import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { onCallByMinute } from '../../../test/support/schedules/minute-oracle.ts'
import { scheduleAroundChange } from '../../../test/support/schedules/random-schedule.ts'
import { known } from '../../lib/check.ts'
import { asId, type UserId } from '../../lib/ids.ts'
import { type Instant, instant } from '../../lib/time.ts'
import type { Layer, Schedule, TimeWindow } from '../engine/schedule.ts'
import { type Course, type HandOver, handOversAfter, type Progress } from './hand-overs.ts'

const minute = 60_000
const day = 1440 * minute
const unnamed = new Map<string, string | null>()

/** What a loop would announce that looks at these instants, the last of them after everything. */
function announced(
  courseAt: (now: Instant) => Course,
  { startAt, endAt }: TimeWindow,
  looks: readonly number[],
): readonly HandOver[] {
  const found: HandOver[] = []
  let progress: Progress = { processedUntil: instant(startAt - 1), onCall: [], settledUntil: startAt }
  for (const look of [...looks].toSorted((left, right) => left - right)) {
    const now = instant(look)
    if (now <= progress.processedUntil) continue
    let next: HandOver | null = null
    for (const handOver of handOversAfter(progress, courseAt(now), { now, endAt, zonesChanged: false })) {
      if (handOver.at > now) {
        next = handOver
        break
      }
      found.push(handOver)
    }
    progress = { processedUntil: now, onCall: found.at(-1)?.current ?? [], settledUntil: next?.at ?? endAt }
  }
  return found
}

const textOf = (people: readonly { readonly userId: UserId }[]) =>
  people
    .map(({ userId }) => userId)
    .toSorted()
    .join(' ')

/** The oracle's answers as hand-overs; before the window nobody was on call. */
function changesOf(minutes: readonly string[], startAt: number): readonly string[] {
  return minutes.flatMap((people, index) => {
    const before = minutes[index - 1] ?? ''
    return people === before ? [] : [`${startAt + index * minute}: ${before} -> ${people}`]
  })
}

const told = (handOvers: readonly HandOver[]) =>
  handOvers.map(({ at, previous, current }) => `${at}: ${textOf(previous)} -> ${textOf(current)}`)

test('whoever walks from minute to minute sees the same hand-overs, whenever the loop looks', () => {
  const any = scheduleAroundChange(5 * minute)
  fc.assert(
    fc.property(any, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }), ({ schedule, window }, shares) => {
      const born = bornAt(schedule, window.startAt)
      const looks = [
        ...shares.map((share) => window.startAt + Math.floor(share * (window.endAt - window.startAt))),
        window.endAt - 1,
      ]
      const found = announced(() => ({ phases: [{ fromAt: window.startAt, schedule: born }], names: unnamed }), window, looks)
      expect(told(found)).toEqual(changesOf(onCallByMinute(born, window), window.startAt))
    }),
    { numRuns: 150 },
  )
})

test('an edit in between changes what comes after it, and nothing before', () => {
  const any = scheduleAroundChange(5 * minute)
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(any, any, share, fc.array(share, { maxLength: 6 }), ({ schedule, window }, { schedule: other }, edit, shares) => {
      const { startAt, endAt } = window
      const editAt = instant(startAt + 5 * minute * Math.floor((edit * (endAt - startAt)) / (5 * minute)))
      const [before, after] = [bornAt(schedule, startAt), other]
      const edited = editedAt(before, after, editAt)
      const courseAt = (now: Instant): Course =>
        now < editAt ? { phases: [{ fromAt: startAt, schedule: before }], names: unnamed } : { phases: edited, names: unnamed }
      const looks = [...shares.map((one) => startAt + Math.floor(one * (endAt - startAt))), endAt - 1]
      const minutes = [
        ...onCallByMinute(before, window).slice(0, (editAt - startAt) / minute),
        ...onCallByMinute(after, window).slice((editAt - startAt) / minute),
      ]
      expect(told(announced(courseAt, window, looks))).toEqual(changesOf(minutes, startAt))
    }),
    { numRuns: 60 },
  )
})

/** The schedule as it was known: of what came before it was made, nobody knew. */
const bornAt = (schedule: Schedule, at: Instant): Schedule => cutTo(schedule, at, instant(Infinity))

function cutTo({ layers, overrides, swaps, passedOver }: Schedule, fromAt: Instant, toAt: Instant): Schedule {
  const clip = <Part extends TimeWindow>(part: Part): readonly Part[] => {
    const startAt = part.startAt > fromAt ? part.startAt : fromAt
    const endAt = part.endAt < toAt ? part.endAt : toAt
    return startAt < endAt ? [{ ...part, startAt, endAt }] : []
  }
  return {
    layers: layers.map(
      (layer): Layer => ({
        ...layer,
        fromAt: instant(Math.max(layer.fromAt ?? -Infinity, fromAt)),
        toAt: instant(Math.min(layer.toAt ?? Infinity, toAt)),
      }),
    ),
    overrides: overrides.flatMap(clip),
    swaps: swaps.flatMap(clip),
    passedOver,
  }
}

/** One schedule until an instant, another one from it on. */
function editedAt(before: Schedule, after: Schedule, at: Instant) {
  const [old, young] = [cutTo(before, instant(-Infinity), at), cutTo(after, at, instant(Infinity))]
  const both = {
    layers: [...old.layers, ...young.layers.map((layer) => ({ ...layer, id: `new ${layer.id}` }))],
    overrides: [...old.overrides, ...young.overrides.map((override) => ({ ...override, id: `new ${override.id}` }))],
    swaps: [...old.swaps, ...young.swaps.map((swap) => ({ ...swap, id: `new ${swap.id}` }))],
  }
  return [
    { fromAt: instant(-Infinity), schedule: { ...both, passedOver: old.passedOver } },
    { fromAt: at, schedule: { ...both, passedOver: young.passedOver } },
  ]
}

describe('what was announced', () => {
  const noon = instant(Date.UTC(2026, 3, 1, 12))
  const at = (hour: number) => instant(noon + hour * 60 * minute)
  const fixed = (id: string, user: string, [from, to]: readonly [number, number]): Layer => ({
    ...{ kind: 'fixed', id, level: 0, fromAt: null, toAt: null, users: [asId<UserId>(user)] },
    ...{ startAt: at(from), endAt: at(to) },
  })
  const course = (...layers: readonly Layer[]): Course => ({
    phases: [{ fromAt: noon, schedule: { layers, overrides: [], swaps: [], passedOver: new Set() } }],
    names: new Map([['A', 'first line']]),
  })
  const ana = { userId: asId<UserId>('ana'), cover: { kind: 'layer', id: 'A', name: 'first line' } } as const
  const ben = { userId: asId<UserId>('ben'), cover: { kind: 'layer', id: 'B', name: null } } as const
  const after = (progress: Progress, found: Course, { now = at(1), zonesChanged = false } = {}) => [
    ...handOversAfter(progress, found, { now, endAt: instant(noon + 2 * day), zonesChanged }),
  ]

  test('stays as it is when the past says otherwise now: the change is one of now', () => {
    const progress = { processedUntil: at(-8), onCall: [ana], settledUntil: at(3) }
    expect(after(progress, course(fixed('B', 'ben', [-9, 4])))).toEqual([
      { at: at(1), previous: [ana], current: [ben], cause: 'configuration' },
      { at: at(4), previous: [ben], current: [], cause: 'layer_end' },
    ])
  })

  test('is followed by a hand-over that was missed, at its own instant', () => {
    const progress = { processedUntil: at(-8), onCall: [ana], settledUntil: at(-2) }
    expect(after(progress, course(fixed('B', 'ben', [-9, 4])))[0]).toEqual({
      at: instant(at(-2) - 1),
      previous: [ana],
      current: [ben],
      cause: 'configuration',
    })
  })

  test('is never announced again when nothing else is said now', () => {
    const progress = { processedUntil: at(-8), onCall: [ana], settledUntil: at(3) }
    const found = course(fixed('A', 'ana', [-9, -3]), fixed('C', 'ana', [-3, 3]))
    expect(after(progress, found)).toEqual([
      { at: at(3), previous: [{ ...ana, cover: { kind: 'layer', id: 'C', name: null } }], current: [], cause: 'layer_end' },
    ])
  })

  test('holds until now where only the rules of the zones are others', () => {
    const progress = { processedUntil: at(-8), onCall: [ana], settledUntil: at(2) }
    const found = course(fixed('A', 'ana', [-9, 0]), fixed('B', 'ben', [0, 4]))
    expect(after(progress, found, { zonesChanged: true })[0]).toEqual({
      at: at(1),
      previous: [ana],
      current: [ben],
      cause: 'tzdata',
    })
  })

  test('moves on only after itself', () => {
    const progress = { processedUntil: at(1), onCall: [ana], settledUntil: at(1) }
    expect(() => after(progress, course(), { now: at(1) })).toThrow('broken belief')
    const [first] = after(progress, course(), { now: instant(at(1) + 1) })
    expect(known(first, 'nobody is on call now').at).toBe(at(1) + 1)
  })
})
