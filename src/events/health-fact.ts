import type { EndpointNews } from '../deliveries/health/commands.ts'
import type { HealthNews } from '../deliveries/health/health.ts'
import type { OrganizationId, WebhookId } from '../lib/ids.ts'
import { type Instant, isoZ } from '../lib/time.ts'
import type { Fact } from './event.ts'
import { shownReceiver } from './receiver.ts'

type Told = {
  readonly organizationId: OrganizationId
  readonly webhook: { readonly id: WebhookId; readonly name: string }
  readonly endpoint: Pick<EndpointNews, 'url' | 'health'>
  /** The webhook has no other URL that takes anything, and is switched off. */
  readonly isGivenUp: boolean
  readonly now: Instant
}

/** What the log of events says of an endpoint that fails, is switched off, or works again. */
export function healthFact(news: HealthNews, { organizationId, webhook, endpoint: { url, health }, isGivenUp, now }: Told): Fact {
  const receiver = shownReceiver(url)
  const common = {
    event: { type: `webhook.${news.kind}`, time: isoZ(now) },
    webhook_id: webhook.id,
    webhook_name: webhook.name,
    url: receiver,
  }
  const about = { actor: { kind: 'system', organizationId }, webhook: { id: webhook.id } } as const
  const failing = { failing_since: zOrNull(health.failingSince), failures_count: health.failuresCount }
  switch (news.kind) {
    case 'failing':
      return {
        ...about,
        type: 'webhook.failing',
        data: {
          ...common,
          ...failing,
          last_failure_at: zOrNull(health.lastFailureAt),
          text: `outgoing webhook \`${webhook.name}\` is failing: nothing has arrived for ${news.warned === 'after a day' ? 'a day' : 'an hour'}`,
        },
      }
    case 'disabled':
      return {
        ...about,
        type: 'webhook.disabled',
        data: {
          ...common,
          ...failing,
          reason: news.reason,
          webhook_is_off: isGivenUp,
          text: `outgoing webhook \`${webhook.name}\` sends nothing more to ${receiver ?? 'its receiver'}: ${news.reason}`,
        },
      }
    case 'recovered':
      return {
        ...about,
        type: 'webhook.recovered',
        data: { ...common, recovered_at: isoZ(news.at), text: `outgoing webhook \`${webhook.name}\` works again` },
      }
  }
}

const zOrNull = (at: Instant | null): string | null => (at === null ? null : isoZ(at))
