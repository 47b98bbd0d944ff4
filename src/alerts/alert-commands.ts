import type { AlertId, OrganizationId } from '../lib/ids.ts'
import type { Listing } from '../lib/listing.ts'
import { notFound } from '../lib/rejection.ts'
import type { Sql } from '../ports.ts'
import type { Alert } from './alert-group.ts'
import * as store from './alert-store.ts'

/** The alerts of an organization, the newest first, and not all of them: see the store for how far back. */
export function listAlerts(db: Sql, organizationId: OrganizationId, filter: store.AlertFilter): Listing<Alert> {
  return {
    count: () => store.countAlerts(db, organizationId, filter),
    items: (window) => store.listAlerts(db, organizationId, { filter, ...window }),
  }
}

/** An alert with its whole payload. */
export async function findAlert(db: Sql, organizationId: OrganizationId, id: AlertId): Promise<Alert> {
  const alert = await store.findAlert(db, organizationId, id)
  if (alert === null) throw notFound()
  return alert
}
