import type { OrganizationId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import type { Sql } from '../../ports.ts'
import type { UrlHealth } from './figures.ts'
import * as store from './figures-store.ts'

type Asked = {
  readonly organizationId: OrganizationId
  readonly ownerId: string
  readonly urls: readonly string[]
  readonly now: Instant
}

/** Of the endpoints that a URL had one after the other, so many are looked at: the latest. */
const endpointsPerUrl = 3

/** How the URLs of a webhook do, in their order. */
export async function healthOfUrls(db: Sql, { organizationId, ownerId, urls, now }: Asked): Promise<readonly UrlHealth[]> {
  const endpoints = await store.knownEndpoints(db, { organizationId, ownerId })
  const health: UrlHealth[] = []
  for (const url of urls) {
    const ofUrl = endpoints.filter((endpoint) => endpoint.url === url).slice(0, endpointsPerUrl)
    const ids = ofUrl.map(({ id }) => id)
    const figures = await store.figuresOf(db, { organizationId, ids, now })
    const backlog = await store.backlogOf(db, { organizationId, ids })
    health.push({ url, endpoint: ofUrl.find(({ open }) => open !== null)?.open ?? null, figures, backlog })
  }
  return health
}
