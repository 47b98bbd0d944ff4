import { listUsers, peopleByIds } from '../accounts/commands.ts'
import { mayBeNotified } from '../accounts/user.ts'
import type { EndpointNews } from '../deliveries/health/commands.ts'
import type { HealthNews } from '../deliveries/health/health.ts'
import type { OrganizationId, UserId } from '../lib/ids.ts'
import { after, minutes } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import type { WarningNews } from './warning.ts'
import * as store from './warning-store.ts'

/** So long a mail waits for more to tell: receivers that fail together are told of together. */
const gathered = minutes(2)

/** If nobody else can be told, so many admins are. */
const adminsMax = 5

type Warned = {
  readonly organizationId: OrganizationId
  readonly webhook: { readonly name: string; readonly failureEmail: string | null; readonly userId: UserId | null }
  readonly endpoint: EndpointNews
  readonly isGivenUp: boolean
}

/**
 * Owes mails of what is new of an endpoint: to the address that its webhook names, else to whoever saved that last, else to the
 * admins. The loop of notifications writes them, several webhooks in one.
 */
export async function oweWarnings(tx: Tx, { organizationId, webhook, endpoint, isGivenUp }: Warned): Promise<void> {
  const addresses = await addressesOf(tx, organizationId, webhook)
  const common = { organizationId, at: tx.now, webhookName: webhook.name, url: endpoint.url }
  const warnings = addresses.flatMap((address) =>
    endpoint.news.map((news) => ({
      ...common,
      address,
      news: warningOf(news, { organizationId, webhook, endpoint, isGivenUp }, tx),
    })),
  )
  if (warnings.length === 0) return
  await store.insertWarnings(tx, warnings, after(tx.now, gathered))
  tx.wake('notifications')
}

async function addressesOf(
  tx: Tx,
  organizationId: OrganizationId,
  { failureEmail, userId }: Warned['webhook'],
): Promise<readonly string[]> {
  if (failureEmail !== null) return [failureEmail]
  const people = await peopleByIds(tx.sql, organizationId, userId === null ? [] : [userId])
  const known = [...people.values()].filter(mayBeNotified)
  if (known.length > 0) return known.map(({ email }) => email)
  const admins = await listUsers(tx.sql, { organizationId }, { roles: ['admin'] }).items({ limit: adminsMax, offset: 0 })
  return admins.map(({ email }) => email)
}

function warningOf(news: HealthNews, { endpoint: { health }, isGivenUp }: Warned, { now }: Tx): WarningNews {
  switch (news.kind) {
    case 'failing':
      return {
        kind: 'failing',
        forLong: news.warned === 'after a day' ? 'a day' : 'an hour',
        failingSince: health.failingSince ?? now,
        failuresCount: health.failuresCount,
      }
    case 'disabled':
      return { kind: 'disabled', reason: news.reason, webhookIsOff: isGivenUp }
    case 'recovered':
      return { kind: 'recovered' }
  }
}

/** What people of all organizations were to be told is told to nobody. */
export const forgetAllWarnings = store.deleteAllWarnings

export const dueAddressees = store.dueAddressees
export const nextWarningAt = store.nextWarningAt
export const postponeWarnings = store.postponeWarnings

/** All that somebody is to be told, oldest first; it is theirs who takes it. */
export const takeWarnings = store.deleteWarnings
