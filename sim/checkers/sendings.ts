import { minutes } from '../../src/lib/time.ts'
import type { Sending } from '../record.ts'
import { type Case, type Checker, grouped } from './case.ts'
import type { Attempt } from './facts.ts'

/** How often a webhook is tried before it is given up. */
const triesMax = 10

/** For so long something is tried that is ordered, but for a pause between two attempts. */
const orderedMax = minutes(30)

/** How long a process may take to write what it has heard, before its death no longer explains that it did not. */
const writingMax = minutes(30)

/** P6 and P7: what receivers saw is what the tables say, and the other way round. */
export const checkSendings: Checker = (known) => [...checkSeen(known), ...checkLogged(known), ...checkDelivered(known)]

/** A receiver saw only messages that are stored, with the bytes and under the id that are stored, however often. */
function checkSeen({ facts, records }: Case): readonly string[] {
  const messages = new Map(facts.messages.map((message) => [message.id, message]))
  return records.sendings.flatMap((sending) => {
    const message = messages.get(sending.messageId)
    if (message === undefined) return [`P6: ${sending.target} was sent a message that is not stored: ${sending.messageId}`]
    if (message.body !== sending.body || message.target !== sending.target)
      return [`P6: the message ${message.id} was sent otherwise than it is stored`]
    return []
  })
}

/** Each attempt is in the log once, but for those whose sender died before it could write. */
function checkLogged({ facts, records }: Case): readonly string[] {
  const attempts = grouped(facts.attempts, (attempt) => attempt.message_id)
  const deathOf = new Map(records.deaths.map(({ life, at }) => [life, at]))
  const isExcused = ({ life, heardAt }: Sending): boolean => {
    const death = deathOf.get(life)
    return death !== undefined && (heardAt === null || death - heardAt < writingMax)
  }
  const sendings = grouped(records.sendings, (sending) => sending.messageId)
  return [...sendings].flatMap(([id, own]) => {
    const logged = attempts.get(id)?.length ?? 0
    const least = own.filter((sending) => !isExcused(sending)).length
    if (logged > own.length) return [`P6: the message ${id} was sent ${own.length} times and is in the log ${logged} times`]
    return logged < least ? [`P6: the message ${id} was sent ${least} times by the living and is in the log ${logged} times`] : []
  })
}

function checkDelivered({ facts, records, setting }: Case): readonly string[] {
  const attempts = grouped(facts.attempts, (attempt) => attempt.message_id)
  const sendings = grouped(records.sendings, (sending) => sending.messageId)
  const dead = new Map(facts.dead.map((row) => [row.message_id, row]))
  const desks = new Set(setting.desks.map(({ id }) => id))
  const owners = new Map([...facts.attempts, ...facts.dead].map((row) => [row.message_id, row.owner_id]))
  const shifts = new Set(setting.schedules.webhooks.map(({ id }) => id))
  const edited = new Set(records.edits.map(({ webhookId }) => webhookId))
  return facts.messages.flatMap((message) => {
    // What desks want to be sent again has several ways, and they have a checker of their own.
    if (desks.has(owners.get(message.id) ?? '')) return []
    const own = attempts.get(message.id) ?? []
    const seen = sendings.get(message.id) ?? []
    const words = `the message ${message.id} to ${message.target}`
    const faults = [...numberFaults(words, own)]
    const isDelivered = own.some(({ outcome }) => outcome === 'success')
    if (isDelivered && !seen.some(({ answer }) => answer === 'taken'))
      faults.push(`P7: ${words} is marked delivered and was never received`)
    if (isDelivered && dead.has(message.id)) faults.push(`P7: ${words} is marked delivered and given up`)
    const end = dead.get(message.id)
    if (message.kind !== 'http' || isDelivered) return faults
    if (end === undefined) return [...faults, `P7: ${words} has no end`]
    // What is ordered does not hold up for ever what comes after it.
    const isOutOfTime = shifts.has(end.owner_id) && end.at.getTime() - message.at.getTime() >= orderedMax
    const isExplained =
      isOutOfTime || end.attempts_count >= triesMax || seen.some(({ answer }) => answer === 'refused') || edited.has(end.owner_id)
    return isExplained ? faults : [...faults, `P7: ${words} was given up after ${end.attempts_count} attempts: ${end.reason}`]
  })
}

/** The attempts that count are numbered 1, 2, 3, …, each once; those that came too late do not count. */
function numberFaults(words: string, attempts: readonly Attempt[]): readonly string[] {
  const numbers = attempts.filter(({ outcome }) => outcome !== 'superseded').map(({ number }) => number)
  return numbers.some((number, index) => number !== index + 1)
    ? [`P7: the attempts at ${words} that count are ${numbers.join(', ')}`]
    : []
}
