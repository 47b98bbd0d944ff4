import type { Desk } from '../desks.ts'
import type { Sending } from '../record.ts'
import { type Case, committedAt, dataOf, grouped } from './case.ts'
import type { Attempt, Dead } from './facts.ts'

/** One way of a message to a URL of a desk: the first one, or one that was asked for later. */
export type Delivery = {
  readonly desk: Desk
  readonly url: string
  readonly messageId: string
  readonly messageAt: Date
  /** Null: it is a test. */
  readonly sequence: number | null
  readonly isReplay: boolean
  /** Those that count, by their numbers. */
  readonly attempts: readonly Attempt[]
  /** Null: it arrived. */
  readonly dead: Dead | null
  /** All that was sent of the message, on whichever way. */
  readonly sendings: readonly Sending[]
}

/** All that desks were ever owed, as the tables say it in the end. */
export function deliveriesOf({ facts, setting, records }: Case): readonly Delivery[] {
  const sendings = grouped(records.sendings, (sending) => `${sending.messageId} ${sending.target}`)
  const attempts = grouped(
    facts.attempts.filter(({ outcome }) => outcome !== 'superseded'),
    (attempt) => attempt.delivery_id,
  )
  const dead = new Map(facts.dead.map((row) => [row.delivery_id, row]))
  const first = new Map([...facts.attempts, ...facts.dead].map((row) => [row.delivery_id, row]))
  return [...first].flatMap(([id, row]) => {
    const desk = setting.desks.find((one) => one.id === row.owner_id)
    if (desk === undefined) return []
    return [
      {
        desk,
        url: row.url,
        messageId: row.message_id,
        messageAt: row.message_at,
        sequence: row.event_sequence,
        isReplay: row.is_replay,
        attempts: attempts.get(id) ?? [],
        dead: dead.get(id) ?? null,
        sendings: sendings.get(`${row.message_id} ${row.url}`) ?? [],
      },
    ]
  })
}

export const wordsOf = ({ desk, url, messageId, sequence, isReplay }: Delivery): string =>
  `the message ${messageId} ${sequence === null ? 'of a test' : `about event ${sequence}`} to ${url} of ${desk.id}${isReplay ? ', sent again,' : ''}`

/** Clocks of processes differ by so much from the world's. */
export const skewMax = 4000

type Turn = { readonly isOn: boolean; readonly from: number; readonly to: number }

/** When people switched a webhook, and when it went off by itself, as its receivers wanted. */
export type Course = { readonly turns: readonly Turn[]; readonly gaveUpAt: readonly number[] }

export function courseOf({ facts, records }: Case, desk: Desk): Course {
  const own = records.switchings.filter(({ webhookId }) => webhookId === desk.id)
  return {
    turns: own.map(({ isOn, from, to }) => ({ isOn, from, to: to ?? Infinity })),
    gaveUpAt: facts.events
      .filter((event) => event.type === 'webhook.disabled' && dataOf(event)['webhook_id'] === desk.id)
      .map((event) => committedAt(records, event)),
  }
}

/**
 * How the webhook was during all of a time; null: nobody can say. Where it is off by itself, what it misses is kept, as if it were on, and
 * who switches it off then only says what is so.
 */
export function stateDuring(
  { turns, gaveUpAt }: Course,
  { from, to }: { readonly from: number; readonly to: number },
): 'on' | 'off' | null {
  if (turns.some((turn) => turn.from <= to && turn.to >= from)) return null
  const past = turns.filter((turn) => turn.to < from).toSorted((a, b) => a.to - b.to)
  const last = past.at(-1)
  if (last === undefined || last.isOn) return 'on'
  const onSince = past.findLast(({ isOn }) => isOn)?.from ?? -Infinity
  return gaveUpAt.some((at) => onSince <= at && at <= last.to) ? null : 'off'
}

/** Nobody ever switched it. */
export const isAlwaysOn = (known: Case, desk: Desk): boolean => courseOf(known, desk).turns.length === 0
