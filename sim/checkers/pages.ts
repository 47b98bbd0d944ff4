import { linksIn } from '../people.ts'
import { type Case, type Checker, committedAt, dataOf, endsPaging, grouped, turnOf } from './case.ts'
import type { EventRow, Facts, Message } from './facts.ts'

/** How often an e-mail is tried before it is given up. */
const triesMax = 17

/** P2, second half, and P4: each page that is owed is an e-mail that ends well or is explained; after a take-over none leaves. */
export const checkPages: Checker = (known) => [
  ...checkOwed(known),
  ...checkEnds(known),
  ...checkTold(known),
  ...checkAfterTakeOver(known),
]

type Mail = Message & { readonly groupId: string; readonly userId: string }

function mailsOf({ messages, users }: Facts): readonly Mail[] {
  const ids = new Map(users.map((user) => [user.email, user.id]))
  return messages.flatMap((message) => {
    const groupId = message.kind === 'mail' ? linksIn(message.body)[0]?.alertGroupId : undefined
    // Letters about shifts want no answer.
    if (groupId === undefined) return []
    return [{ ...message, groupId, userId: ids.get(message.target) ?? 'nobody' }]
  })
}

const pairOf = ({ groupId, userId }: { readonly groupId: string; readonly userId: string }): string => `${groupId} ${userId}`

/**
 * A step that pages a person is an e-mail to that person. With rules of their own it is two, and never less when nobody took
 * over after it: a later page does not end one that waits.
 */
function checkOwed({ facts, setting }: Case): readonly string[] {
  const mails = grouped(mailsOf(facts), pairOf)
  const lastClosing = new Map(
    facts.events.flatMap((event) => (endsPaging(event.type) ? [[event.alert_group_id, event.sequence] as const] : [])),
  )
  const owed = facts.events.flatMap((event) => {
    const users = event.type === 'escalation.step_taken' ? dataOf(event)['user_ids'] : null
    if (!Array.isArray(users)) return []
    const isLeftAlone = event.sequence > (lastClosing.get(event.alert_group_id) ?? 0)
    return users.map((userId: unknown) => ({ groupId: event.alert_group_id ?? '', userId: String(userId), isLeftAlone }))
  })
  const pages = grouped(owed, pairOf)
  return [...new Set([...pages.keys(), ...mails.keys()])].flatMap((pair) => {
    const own = pages.get(pair) ?? []
    const written = mails.get(pair)?.length ?? 0
    const isRuled = pair.endsWith(` ${setting.ruled}`)
    const least = isRuled ? own.length + own.filter(({ isLeftAlone }) => isLeftAlone).length : own.length
    const most = isRuled ? 2 * own.length : own.length
    return written < least || written > most
      ? [`P2: ${pair} was paged ${own.length} times, and ${written} e-mails were written`]
      : []
  })
}

/** Each e-mail was taken, or given up after the whole plan or a refusal, or taken back because somebody took over. */
function checkEnds({ facts, records }: Case): readonly string[] {
  const attempts = grouped(facts.attempts, (attempt) => attempt.message_id)
  const dead = new Map(facts.dead.map((row) => [row.message_id, row]))
  const sendings = grouped(records.sendings, (sending) => sending.messageId)
  const closings = grouped(
    facts.events.filter(({ type }) => endsPaging(type)),
    (event) => event.alert_group_id,
  )
  return mailsOf(facts).flatMap((mail) => {
    if (attempts.get(mail.id)?.some(({ outcome }) => outcome === 'success') === true) return []
    const end = dead.get(mail.id)
    const words = `P2: the e-mail ${mail.id} about ${mail.groupId}`
    if (end !== undefined) {
      const isRefused = sendings.get(mail.id)?.some(({ answer }) => answer === 'refused') === true
      return end.attempts_count >= triesMax || isRefused
        ? []
        : [`${words} was given up after ${end.attempts_count} attempts: ${end.reason}`]
    }
    const writtenAt = records.firstCommits.get(mail.at.getTime()) ?? 0
    const isTakenBack = closings.get(mail.groupId)?.some((event) => committedAt(records, event) >= writtenAt)
    return isTakenBack === true ? [] : [`${words} was neither sent nor given up, and nobody took over`]
  })
}

/** What became of each e-mail is in the timeline, once. */
function checkTold({ facts }: Case): readonly string[] {
  const mails = new Map(mailsOf(facts).map((mail) => [mail.id, mail]))
  const pairsOf = (rows: readonly { readonly message_id: string }[]) =>
    grouped(
      rows.flatMap(({ message_id }) => mails.get(message_id) ?? []),
      pairOf,
    )
  const told = (type: string) =>
    grouped(
      facts.events.filter((event) => event.type === type),
      (event) => `${event.alert_group_id} ${userIn(event)}`,
    )
  const compare = (
    words: string,
    happened: ReadonlyMap<string, readonly unknown[]>,
    events: ReadonlyMap<string, readonly unknown[]>,
  ) =>
    [...new Set([...happened.keys(), ...events.keys()])].flatMap((pair) => {
      const [truth, said] = [happened.get(pair)?.length ?? 0, events.get(pair)?.length ?? 0]
      return truth === said ? [] : [`P2: ${truth} e-mails to ${pair} were ${words}, and the timeline says so ${said} times`]
    })
  const taken = facts.attempts.filter(({ outcome }) => outcome === 'success')
  return [
    ...compare('taken', pairsOf(taken), told('notification.sent')),
    ...compare('given up', pairsOf(facts.dead), told('notification.failed')),
  ]
}

function userIn(event: EventRow): string {
  const user = dataOf(event)['user']
  return user !== null && typeof user === 'object' && 'id' in user ? String(user.id) : ''
}

/** P4: once a take-over is committed, no step is taken and no e-mail leaves, until the group opens again. */
function checkAfterTakeOver({ facts, records }: Case): readonly string[] {
  const events = grouped(facts.events, (event) => event.alert_group_id)
  const steps = [...events].flatMap(([id, own]) => {
    let isOpen = false
    return own.flatMap((event) => {
      const turn = turnOf(event.type)
      if (turn !== null) isOpen = turn === 'opens'
      const isLate = event.type === 'escalation.step_taken' && !isOpen
      return isLate ? [`P4: event ${event.sequence}: a step was taken for ${id}, which somebody had taken over`] : []
    })
  })
  const sent = records.sendings.flatMap((sending) => {
    if (sending.kind !== 'mail') return []
    const id = linksIn(sending.body)[0]?.alertGroupId ?? ''
    const turns = (events.get(id) ?? []).filter(({ type }) => turnOf(type) !== null)
    const before = turns.findLast((event) => committedAt(records, event) < sending.at)
    const isClosed = before !== undefined && turnOf(before.type) === 'closes'
    const isJustThen = turns.some((event) => committedAt(records, event) === sending.at)
    return isClosed && !isJustThen
      ? [`P4: an e-mail about ${id} left at ${new Date(sending.at).toISOString()}, after it was ${before.type}`]
      : []
  })
  return [...steps, ...sent]
}
