import type { Actor } from '../../accounts/actor.ts'
import { latestAnswers } from '../../deliveries/commands.ts'
import type { Rendered } from '../../deliveries/delivery.ts'
import { accepted, type Body } from '../../lib/fields.ts'
import { type MessageId, newUuid, type OrganizationId, type WebhookId } from '../../lib/ids.ts'
import { randomShare } from '../../lib/random-share.ts'
import { invalidField, tooMany } from '../../lib/rejection.ts'
import type { Result } from '../../lib/result.ts'
import { after, between, ms, seconds } from '../../lib/time.ts'
import type { Ports, Sql } from '../../ports.ts'
import { readWebhook, requireFiltered } from '../commands.ts'
import { exampleOf } from '../examples/example.ts'
import type { History } from '../history.ts'
import type { Pace } from '../rendering/pace-commands.ts'
import type { PastEvent } from '../rendering/past-event.ts'
import { type PreviewOrder, parsePreview } from './input.ts'
import {
  conditionsOf,
  type Conditions,
  type Condition,
  type PreviewedRequest,
  previewedRequest,
  templateCondition,
} from './preview.ts'
import { type RenderInput, renderWebhook } from '../rendering/render.ts'
import type { HistoriesOf } from '../rendering/render-commands.ts'
import type { WebhookSettings } from '../settings.ts'
import { type Answer, newTemplating } from '../rendering/templating.ts'
import { exampleTriggerOf, namesWebhook, type Trigger } from '../trigger.ts'
import type { Webhook, WebhookUrl } from '../webhook.ts'
import { parseWebhookChange } from '../webhook-input.ts'

/** What requests are made of that somebody waits for. */
export type MakingWorld = Pick<Ports, 'clock' | 'random'> & {
  readonly db: Sql
  readonly settings: WebhookSettings
  readonly baseUrl: string
  readonly userAgent: string
  /** How long they may take: those of slow webhooks wait for each other. */
  readonly pace: Pace
  readonly historiesOf: HistoriesOf
}

/** What previews are made of. */
export type PreviewWorld = MakingWorld & {
  /** An event of the log; the reason, a sentence for people, says why webhooks cannot be told of it. */
  readonly pastEventOf: (db: Sql, organizationId: OrganizationId, sequence: number) => Promise<Result<PastEvent, string>>
}

export type Preview = {
  readonly event: PastEvent['told']
  readonly conditions: Conditions & { readonly trigger_template: Condition }
  /** One for each URL, as if all conditions were met. */
  readonly requests: readonly PreviewedRequest[]
}

/**
 * What a webhook would make of an event, with changes that are not saved; nothing is sent. Rejects what the body gets wrong, and what takes
 * too long.
 */
export async function previewWebhook(
  world: PreviewWorld,
  actor: Actor,
  { id, body }: { readonly id: WebhookId; readonly body: Body },
): Promise<Preview> {
  const order = accepted(parsePreview(body))
  const { db, settings } = world
  const before = await readWebhook(db, actor, { id, ...settings })
  const webhook = changed(before, order, settings)
  await requireFiltered(db, webhook, { settings, before })
  const event = await eventOf(world, order, webhook)
  const make = await making(world, event)
  const [first] = webhook.urls
  const asItIs = await make(webhook, first)
  const requests: PreviewedRequest[] = []
  for (const url of webhook.urls) {
    const made =
      webhook.triggerTemplate === null && url === first ? asItIs : await make({ ...webhook, triggerTemplate: null }, url)
    requests.push(previewedRequest(url, made))
  }
  const conditions = { ...conditionsOf(webhook, event.cause), trigger_template: templateCondition(asItIs) }
  return { event: event.told, conditions, requests }
}

function changed(webhook: Webhook, { changes }: PreviewOrder, { egress }: WebhookSettings): Webhook {
  return { ...webhook, ...accepted(parseWebhookChange(changes, { current: webhook, egress, replaces: false })) }
}

async function eventOf(
  { db, clock, baseUrl, pastEventOf }: PreviewWorld,
  { event }: PreviewOrder,
  webhook: Webhook,
): Promise<PastEvent> {
  if ('trigger' in event) {
    const trigger = event.trigger ?? usualTrigger(webhook)
    return exampleOf(trigger, { webhook, now: clock.now(), baseUrl, isMarked: false })
  }
  const found = await pastEventOf(db, webhook.organizationId, event.sequence)
  if (!found.ok) throw invalidField('event_sequence', found.reason)
  const { told, cause } = found.value
  // Which webhook was named is not in the log.
  return cause.about === 'alert group' && namesWebhook(webhook, cause.trigger)
    ? { told, cause: { ...cause, webhookId: webhook.id } }
    : found.value
}

/** What a webhook waits for, of which an example is made where none is asked for. */
export function usualTrigger({ triggerTypes: [type] }: Pick<Webhook, 'triggerTypes'>): Trigger {
  return exampleTriggerOf(type)
}

/** Makes the requests of webhooks that tell of an event, each in its turn. */
export async function making(
  world: MakingWorld,
  event: PastEvent,
): Promise<(webhook: Webhook, url: WebhookUrl) => Promise<Rendered>> {
  const { clock, random, settings, baseUrl, userAgent, pace } = world
  const templating = newTemplating({ now: clock.now(), random: () => randomShare(random), isLate: pace.isLate })
  const past = await pastOf(world, event)
  const about = { templating, egress: settings.egress, baseUrl, userAgent, events: [event.told], ...past } as const
  return (webhook, url) => inTurn(world, webhook.id, () => renderWebhook(webhook, { ...about, ...url }))
}

/** What happened before, and what webhooks were answered; nothing of it where the event is an example. */
async function pastOf(
  { db, clock, random, historiesOf }: Pick<PreviewWorld, 'db' | 'clock' | 'random' | 'historiesOf'>,
  { told, cause }: PastEvent,
): Promise<Pick<RenderInput, 'history'> & { readonly answers: readonly Answer[] }> {
  const { organizationId } = cause
  if (told.sequence === 0 || cause.about !== 'alert group' || told.report === null) return { history: [], answers: [] }
  const messageId = newUuid<MessageId>(clock.now(), random.bytes)
  const { id: alertGroupId, created_at: startedAt } = told.report.alert_group
  const key = { organizationId, messageId, alertGroupId, startedAt, at: told.at, sequence: told.sequence }
  const [histories, answers] = await Promise.all([
    historiesOf(db, [key]),
    latestAnswers(db, [{ organizationId, subjectId: alertGroupId }]),
  ])
  return {
    history: histories.get(messageId) ?? noHistory,
    answers: answers.map(({ ownerId, body }) => ({ webhookId: ownerId, body })),
  }
}

const noHistory: History = []

/** So long somebody waits for the turn of a slow webhook. */
const waitMax = seconds(10)

async function inTurn(
  { clock, pace }: Pick<PreviewWorld, 'clock' | 'pace'>,
  id: WebhookId,
  make: () => Rendered,
): Promise<Rendered> {
  const lastAt = after(clock.now(), waitMax)
  for (;;) {
    const made = await pace.batch('final')(id, make)
    if (made.kind !== 'later') return made
    const now = clock.now()
    const until = made.until ?? now
    if (until > lastAt) throw tooMany(between(now, until))
    await clock.wait(ms(Math.max(until - now, 1)), new AbortController().signal)
  }
}
