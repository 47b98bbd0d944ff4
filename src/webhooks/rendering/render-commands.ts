import { latestAnswers } from '../../deliveries/commands.ts'
import type { Delivery, Rendered } from '../../deliveries/delivery.ts'
import { faultText } from '../../lib/fault-text.ts'
import { asId, type MessageId, type WebhookId } from '../../lib/ids.ts'
import { randomShare } from '../../lib/random-share.ts'
import type { Ports, Sql } from '../../ports.ts'
import { endings } from '../endpoints.ts'
import type { History, HistoryKey } from '../history.ts'
import type { Pace } from './pace-commands.ts'
import { isPersonal, withoutContext } from './page-context.ts'
import { formOf } from '../presets/forms.ts'
import { renderWebhook } from './render.ts'
import { opened } from '../secrets.ts'
import type { WebhookSettings } from '../settings.ts'
import * as store from '../store.ts'
import { newTemplating } from './templating.ts'
import type { Told } from './told.ts'
import type { SealedWebhook, Webhook, WebhookUrl } from '../webhook.ts'

type RenderRequest = {
  readonly delivery: Delivery
  /** Empty when what happened is past its time or was wiped. */
  readonly events: readonly Told[]
}

/** What makes requests. */
export type RenderWorld = Pick<Ports, 'clock' | 'random'> & {
  readonly settings: Pick<WebhookSettings, 'vault' | 'egress'>
  /** The public URL without a slash at its end. */
  readonly baseUrl: string
  readonly userAgent: string
}

type RenderMeans = { readonly pace: Pace; readonly historiesOf: HistoriesOf }

/** What happened to alert groups until the events of messages. */
export type HistoriesOf = (db: Sql, wanted: readonly HistoryKey[]) => Promise<ReadonlyMap<MessageId, History>>

/** So many requests are made before they are given away: few enough that the first of many leave soon. */
const portionMax = 64

/** Makes the requests of deliveries to webhooks, some, then some more. A webhook that is gone or switched off makes none. */
export async function* renderWebhooks(
  db: Sql,
  { clock, random, settings: { vault, egress }, pace, historiesOf, ...world }: RenderWorld & RenderMeans,
  requests: readonly RenderRequest[],
): AsyncGenerator<ReadonlyMap<MessageId, Rendered>, void> {
  const rows = await store.findWebhooksEvenDeleted(
    db,
    requests.map(({ delivery }) => ({ organizationId: delivery.organizationId, id: asId<WebhookId>(delivery.endpoint.ownerId) })),
  )
  const subjects = requests.flatMap(({ delivery: { organizationId, subjectId } }) =>
    subjectId === null ? [] : [{ organizationId, subjectId }],
  )
  const answers = rows.some(({ webhook }) => mayTellOfAnswers(webhook)) ? await latestAnswers(db, subjects) : []
  const webhooks = new Map(rows.map((row) => [row.webhook.id, row]))
  const templating = newTemplating({ now: clock.now(), random: () => randomShare(random), isLate: pace.isLate })
  const histories = await historiesOf(db, requests.filter(tellsHistory(webhooks)).flatMap(historyKeyOf))
  const render = ({ delivery, events: [event, ...others] }: RenderRequest): Rendered => {
    const row = webhooks.get(asId<WebhookId>(delivery.endpoint.ownerId))
    if (row === undefined || row.isDeleted) return { kind: 'dead', reason: endings.deleted }
    if (!row.webhook.isEnabled) return { kind: 'dead', reason: endings.disabled }
    if (event === undefined)
      return { kind: 'dead', reason: 'What happened is not stored any more: it was wiped, or is past its time.' }
    const about = answers.filter(
      (answer) => answer.organizationId === delivery.organizationId && answer.subjectId === delivery.subjectId,
    )
    const rendered = renderWebhook(opened(row.webhook, vault), {
      ...urlOf(row.webhook, delivery),
      events: [event, ...others],
      answers: about.map(({ ownerId, body }) => ({ webhookId: ownerId, body })),
      templating,
      egress,
      history: histories.get(delivery.messageId) ?? [],
      baseUrl: world.baseUrl,
      userAgent: world.userAgent,
    })
    return isPersonal(event.trigger) ? withoutContext(rendered) : rendered
  }
  const makeInTurn = pace.batch('patient')
  const isSlow = ({ delivery: { endpoint } }: RenderRequest): boolean => pace.isSlow(asId<WebhookId>(endpoint.ownerId))
  let portion = new Map<MessageId, Rendered>()
  for (const request of requests.toSorted((a, b) => Number(isSlow(a)) - Number(isSlow(b)))) {
    const { messageId, endpoint } = request.delivery
    portion.set(messageId, await makeInTurn(asId<WebhookId>(endpoint.ownerId), () => isolated(() => render(request))))
    if (portion.size < portionMax) continue
    yield portion
    portion = new Map()
  }
  yield portion
}

/** A URL that the webhook has no more is still called, as its first one is. */
function urlOf({ urls }: Pick<Webhook, 'urls'>, { endpoint }: Delivery): WebhookUrl {
  const url = endpoint.url ?? urls[0].url
  return urls.find((one) => one.url === url) ?? { url, httpMethod: urls[0].httpMethod }
}

/** Of one that is sealed, it is not known yet. */
const mayTellOfAnswers = ({ preset, forwardAll, headersSealed, urls, data, triggerTemplate }: SealedWebhook): boolean =>
  (formOf(preset)?.tellsAnswers ?? forwardAll) ||
  headersSealed !== null ||
  [...urls.map(({ url }) => url), data, triggerTemplate].some((text) => text?.includes('responses') === true)

const tellsHistory =
  (webhooks: ReadonlyMap<WebhookId, { readonly webhook: SealedWebhook }>) =>
  ({ delivery }: RenderRequest): boolean =>
    formOf(webhooks.get(asId<WebhookId>(delivery.endpoint.ownerId))?.webhook.preset ?? null)?.tellsHistory === true

function historyKeyOf({ delivery: { organizationId, messageId }, events: [event] }: RenderRequest): readonly HistoryKey[] {
  const group = event?.report?.alert_group
  if (event === undefined || group === undefined) return []
  return [
    { organizationId, messageId, alertGroupId: group.id, startedAt: group.created_at, at: event.at, sequence: event.sequence },
  ]
}

/** What goes wrong with one webhook, such as a secret that does not open, must not hold up the others. */
function isolated(render: () => Rendered): Rendered {
  try {
    return render()
  } catch (fault) {
    return { kind: 'failed', detail: faultText(fault) }
  }
}
