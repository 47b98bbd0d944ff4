import { hours, minutes } from '../../src/lib/time.ts'
import type { Desk } from '../desks.ts'
import { type Case, type Checker, committedAt, dataOf, grouped } from './case.ts'
import { type Delivery, deliveriesOf, skewMax, stateDuring, courseOf, wordsOf } from './desk-deliveries.ts'
import type { Dead, EventRow } from './facts.ts'

/** What each event is called by those who wait for it. */
const triggers: Readonly<Record<string, string>> = {
  'alert_group.created': 'alert group created',
  'alert_group.alert_added': 'alert added',
  'alert_group.acknowledged': 'acknowledge',
  'alert_group.unacknowledged': 'unacknowledge',
  'alert_group.resolved': 'resolve',
  'alert_group.unresolved': 'unresolve',
  'alert_group.silenced': 'silence',
  'alert_group.unsilenced': 'unsilence',
  'alert_group.reassigned': 'reassigned',
  'alert_group.level_reached': 'escalated',
  'alert_group.page_failed': 'notification failed',
  'webhook.failing': 'webhook.failing',
  'webhook.disabled': 'webhook.disabled',
  'webhook.recovered': 'webhook.recovered',
  'message.exhausted': 'message.exhausted',
}
const statusChanges = ['acknowledge', 'resolve', 'silence', 'unsilence', 'unresolve', 'unacknowledge']

/** P9: of each event that a desk waits for, each of its URLs is told once, and each telling arrives or ends for a reason that is true. */
export const checkDesks: Checker = (known) => {
  const deliveries = deliveriesOf(known)
  return [...checkTold(known, deliveries), ...deliveries.flatMap((delivery) => endFaults(known, delivery))].map(
    (words) => `P9: ${words}`,
  )
}

/** Nothing is told of that nobody waits for, nor to a webhook that was off; no webhook is told what happens to itself. */
function checkTold(known: Case, deliveries: readonly Delivery[]): readonly string[] {
  const told = grouped(deliveries, ({ sequence, desk, url }) => `${sequence} ${desk.id} ${url}`)
  const events = new Map(known.facts.events.map((event) => [event.sequence, event]))
  const strange = deliveries.filter(({ sequence, desk }) => {
    const event = events.get(sequence ?? 0)
    return sequence !== null && (event === undefined || !isMeant(event, desk))
  })
  const faults = strange.map((delivery) => `${wordsOf(delivery)} is none that it waits for`)
  for (const desk of known.setting.desks) {
    const course = courseOf(known, desk)
    for (const event of known.facts.events) {
      if (!isMeant(event, desk)) continue
      const during = { from: event.at.getTime() - skewMax, to: committedAt(known.records, event) }
      const state = stateDuring(course, during)
      for (const url of desk.urls) {
        const own = told.get(`${event.sequence} ${desk.id} ${url}`) ?? []
        const count = new Set(own.map(({ messageId }) => messageId)).size
        const words = `of event ${event.sequence} (${event.type}) ${url} of ${desk.id}`
        if (count > 1) faults.push(`${words} was told in ${count} messages`)
        if (count === 0 && state === 'on') faults.push(`${words} was not told`)
        if (count > 0 && state === 'off') faults.push(`${words} was told while the webhook was off`)
      }
    }
  }
  return faults
}

function isMeant(event: EventRow, { id, triggers: wanted }: Desk): boolean {
  const trigger = triggers[event.type]
  if (trigger === undefined) return false
  const isHeard = wanted.includes(trigger) || (wanted.includes('status change') && statusChanges.includes(trigger))
  const isOwn = event.alert_group_id === null && dataOf(event)['webhook_id'] === id
  return isHeard && !isOwn
}

function endFaults(known: Case, delivery: Delivery): readonly string[] {
  const { attempts, dead, sendings } = delivery
  const words = wordsOf(delivery)
  const numbers = attempts.map(({ number }) => number)
  const faults: string[] = []
  if (numbers.some((number, index) => number !== index + 1)) faults.push(`the attempts at ${words} are ${numbers.join(', ')}`)
  const isTaken = attempts.some(({ outcome }) => outcome === 'success')
  if (isTaken && dead !== null) faults.push(`${words} is marked delivered and given up`)
  if (isTaken && !sendings.some(({ answer }) => answer === 'taken'))
    faults.push(`${words} is marked delivered and was never received`)
  if (!isTaken && dead === null) faults.push(`${words} has no end`)
  if (dead !== null && !isTrue(known, delivery, dead))
    faults.push(`${words} was given up after ${dead.attempts_count} attempts, and that is not true: ${dead.reason}`)
  return faults
}

/** Whether what is said of an end is so. */
function isTrue(known: Case, delivery: Delivery, dead: Dead): boolean {
  const { desk, url, sendings } = delivery
  const { reason, attempts_count: count } = dead
  const at = dead.at.getTime() + skewMax
  if (reason.startsWith('Given up after')) return count === desk.triesMax && sendings.length >= count
  if (reason.startsWith('Out of time')) return isOutOfTime(delivery, dead)
  if (reason.endsWith('wants this no more.') && count > 0) return sendings.some(({ answer }) => answer === 'refused')
  if (reason.startsWith('Its replay was cancelled'))
    return delivery.isReplay && known.records.orders.some((order) => order.kind === 'cancel' && order.webhookId === desk.id)
  if (/The webhook was switched off/.test(reason))
    return courseOf(known, desk).turns.some(({ isOn, from }) => !isOn && from <= at)
  // What else there is, is said of a receiver that wants nothing any more.
  const isKnown = ['The receiver answered 410', 'The receiver asked for that', 'The receiver is switched off'].some((words) =>
    reason.startsWith(words),
  )
  return isKnown && known.records.sendings.some((one) => one.target === url && one.isLast && (one.receivedAt ?? Infinity) <= at)
}

/** A receiver can ask for a pause of ten minutes. */
const wishMax = minutes(10)

/** It would be tried after its time next; what is sent again has its time from then on. */
function isOutOfTime({ desk, sequence, messageAt, isReplay }: Delivery, dead: Dead): boolean {
  const ages = [sequence === null ? minutes(5) : desk.maxAgeMs, desk.isOrdered ? hours(1) : null].filter((age) => age !== null)
  const nextAt = dead.at.getTime() + Math.max(desk.pauseMax * 1.2, wishMax) + skewMax
  return isReplay ? ages.length > 0 : ages.some((age) => nextAt >= messageAt.getTime() + age)
}
