import { type Case, type Checker, grouped } from './case.ts'
import { changeOf } from './shift-changes.ts'

const triggers: Readonly<Record<string, string>> = {
  'schedule.shift_changed': 'shift change',
  'schedule.gap_started': 'schedule gap',
  'schedule.gap_ended': 'schedule gap',
}

/** P5, the way out: each hand-over is told to each webhook that waits for it in one message, and messages come in the order of what they tell. */
export const checkShiftWebhooks: Checker = (known) =>
  known.setting.schedules.webhooks.flatMap((webhook) => {
    const messages = messagesOf(known, webhook.id)
    const faults = [
      ...checkTold(known, webhook.trigger, messages),
      ...checkTogether(known, messages),
      ...checkOrder(known, messages),
    ]
    return faults.map((words) => `P5: ${words}, at the webhook for ${webhook.trigger} ${webhook.id}`)
  })

type Telling = { readonly id: string; readonly sequences: readonly number[] }

/** What was sent to a webhook, or given up, by what it tells. What was given up before it was tried was never written. */
function messagesOf({ facts }: Case, webhookId: string): readonly Telling[] {
  const together = new Map([
    ...facts.messages.map((message) => [message.id, message.grouped_sequences] as const),
    ...facts.dead.map((row) => [row.message_id, row.grouped_sequences] as const),
  ])
  const own = [...facts.attempts, ...facts.dead].filter(({ owner_id }) => owner_id === webhookId)
  return [...new Map(own.map((row) => [row.message_id, row.event_sequence]))]
    .map(([id, sequence]) => ({ id, sequences: together.get(id) ?? (sequence === null ? [] : [sequence]) }))
    .toSorted((left, right) => (left.sequences[0] ?? 0) - (right.sequences[0] ?? 0))
}

function checkTold({ facts }: Case, trigger: string, messages: readonly Telling[]): readonly string[] {
  const owed = facts.events.filter(({ type }) => triggers[type] === trigger).map(({ sequence }) => sequence)
  const told = messages.flatMap(({ sequences }) => sequences)
  const missing = owed.find((sequence) => !told.includes(sequence))
  const extra = told.find((sequence, index) => !owed.includes(sequence) || told.indexOf(sequence) !== index)
  return [
    ...(missing === undefined ? [] : [`event ${missing} was not told`]),
    ...(extra === undefined ? [] : [`event ${extra} was told twice, or is none to be told`]),
  ]
}

/** Only what happens at one instant is told together. */
function checkTogether({ facts }: Case, messages: readonly Telling[]): readonly string[] {
  const instants = new Map(facts.events.map((event) => [event.sequence, changeOf(event).at]))
  const mixed = messages.find(({ sequences }) => new Set(sequences.map((sequence) => instants.get(sequence))).size > 1)
  return mixed === undefined ? [] : [`the events ${mixed.sequences.join()} were told together`]
}

/** Nothing is sent before what came before it has been sent for the last time. */
function checkOrder({ records }: Case, messages: readonly Telling[]): readonly string[] {
  const sendings = grouped(records.sendings, (sending) => sending.messageId)
  const lastOf = ({ id }: Telling): number => sendings.get(id)?.at(-1)?.at ?? -Infinity
  const firstOf = ({ id }: Telling): number => sendings.get(id)?.[0]?.at ?? Infinity
  return messages.flatMap((message, index) => {
    const before = messages.slice(0, index).find((earlier) => lastOf(earlier) > firstOf(message))
    return before === undefined ? [] : [`message ${message.id} was sent before message ${before.id} was over`]
  })
}
