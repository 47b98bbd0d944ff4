import type { Vault } from '../accounts/secret.ts'
import { type EndpointId, type MessageId, newUuid, type OrganizationId } from '../lib/ids.ts'
import { known } from '../lib/check.ts'
import { type Instant, type Ms, ms } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import * as attempts from './attempt-store.ts'
import type { LoggedAttempt, Page, SubjectAnswer } from './attempt.ts'
import { type ClosingEndpoint, type EndpointKey, isPage, lanes, type NewDelivery, type NewEndpoint } from './delivery.ts'
import { oldestDue } from './queue/due-store.ts'
import * as endpoints from './endpoint-store.ts'
import { closeOpenEndpoints, findClosing, findEndpoints, insertEndpoints, markEmptied, updateSettings } from './endpoint-store.ts'
import { endedUnsent, insertDeadDeliveries, insertResults } from './finish-store.ts'
import { deleteMailsAbout, insertMails, insertMessages } from './message-store.ts'
import { openShown } from './sealing.ts'
import * as store from './store.ts'

/** Owes deliveries: they are sent at least once if and only if this transaction commits. Returns their ids, by those of their messages. */
export async function enqueue(tx: Tx, deliveries: readonly NewDelivery[]): Promise<ReadonlyMap<MessageId, number>> {
  if (deliveries.length === 0) return new Map()
  const ids = await store.insertDeliveries(tx, deliveries)
  const mails = deliveries.flatMap(({ message, ...delivery }) => (message?.kind === 'mail' ? [{ ...delivery, message }] : []))
  if (mails.length > 0) await insertMails(tx, mails)
  const requests = deliveries.flatMap(({ message, ...delivery }) => (message?.kind === 'http' ? [{ delivery, message }] : []))
  if (requests.length > 0) await insertMessages(tx, requests)
  tx.wake('deliveries')
  return ids
}

/**
 * Takes back the pages of runs (`cancelKey`) that have not left yet. A request that is under way is not stopped;
 * it is in the attempt log as superseded. Returns how many were taken back.
 */
export async function cancelDeliveries(tx: Tx, cancelKeys: readonly string[]): Promise<number> {
  return cancelKeys.length === 0 ? 0 : store.deleteCancelled(tx, cancelKeys)
}

/** Takes away what was written to people about a subject, also what has left; that it left stays in the log. */
export const forgetMails = deleteMailsAbout

/** How many deliveries wait or are under way, in all organizations. */
export const countDeliveries = store.countAll

/** How long, by the name of each lane, something has been due in these shards that has not left. */
export async function latenessByLane(
  sql: Sql,
  shards: readonly number[],
  now: Instant,
): Promise<ReadonlyMap<keyof typeof lanes, Ms>> {
  const oldest = await oldestDue(sql, shards, now)
  const names = ['page', 'ordered', 'live', 'replay'] as const
  return new Map(names.map((name) => [name, ms(now - (oldest.get(lanes[name]) ?? now))]))
}

/** Ends every delivery of all organizations, dead with the reason, a sentence for people; nobody is told of the results. */
export const endAllDeliveries = store.endAll

/** The endpoint of a key, made when there is none. */
export async function endpointFor(tx: Tx, endpoint: NewEndpoint): Promise<EndpointId> {
  const [id] = await endpointsFor(tx, [endpoint])
  return known(id, 'each key has an endpoint')
}

/**
 * The endpoints of keys, in their order, made where there are none. A key may come many times; it is looked up once. One that
 * is there keeps its settings.
 */
export async function endpointsFor(tx: Tx, keys: readonly NewEndpoint[]): Promise<readonly EndpointId[]> {
  if (keys.length === 0) return []
  const different = new Map(keys.map((key) => [textOf(key), key]))
  const ids = await endpointsOfEach(tx, [...different.values()])
  const found = new Map([...different.keys()].map((text, index) => [text, ids[index]]))
  return keys.map((key) => known(found.get(textOf(key)), 'each key has an endpoint'))
}

const textOf = ({ organizationId, kind, ownerId, url }: EndpointKey): string =>
  `${organizationId} ${kind} ${ownerId} ${url ?? ''}`

async function endpointsOfEach(tx: Tx, keys: readonly NewEndpoint[]): Promise<readonly EndpointId[]> {
  const found = await findEndpoints(tx.sql, keys)
  const missing = keys.filter((_, index) => found[index] === null)
  if (missing.length === 0) return found.map((id) => known(id, 'each key has an endpoint'))
  await insertEndpoints(
    tx,
    missing.map((key) => ({ ...key, id: newUuid<EndpointId>(tx.now, tx.random.bytes) })),
  )
  const made = await findEndpoints(tx.sql, keys)
  return made.map((id) => known(id, 'each key has an endpoint'))
}

/** Changes how requests leave for all open endpoints of a webhook; what is under way is not touched. */
export const changeSettings = updateSettings

/**
 * Closes the endpoints of an owner for good: nothing leaves for them any more, and what waits is ended by the webhooks'
 * loop, dead with the reason, a sentence for people. The owner gets new endpoints when it asks for one again.
 */
export async function closeEndpoints(
  tx: Tx,
  owner: { readonly organizationId: OrganizationId; readonly ownerId: string },
  reason: string,
): Promise<void> {
  const count = await closeOpenEndpoints(tx, { ...owner, reason })
  if (count > 0) tx.wake('webhooks')
}

/** The same for all webhooks of all organizations. */
export const closeAllEndpoints = endpoints.closeAllOfWebhooks

/** Lets endpoints that are disabled be made anew; since when they have got nothing, or null where none was. */
export const closeDisabledEndpoints = endpoints.closeDisabled
export const countEnabledEndpoints = endpoints.countEnabled
export const disabledEndpoints = endpoints.disabledOf
export const urlsFirstMadeAt = endpoints.firstMadeAt

/** Closed endpoints for which something may still wait: at most so many. */
export const closingEndpoints = findClosing

/** So many deliveries end in one transaction, since there may be millions. */
const endedMax = 500

/** So many at most have results of their own. */
const resultsMax = 50

/** How many deliveries ended; unless they have results of their own, as pages always have, the caller tells of them together. */
export type EndedTogether = { readonly count: number; readonly haveResults: boolean }

/** Ends some of what waits for a closed endpoint. None: it is done with. */
export async function endWaiting(tx: Tx, closing: ClosingEndpoint): Promise<EndedTogether> {
  const ended = await store.deleteWaiting(tx, closing, endedMax)
  if (ended.length === 0) {
    await markEmptied(tx, closing)
    return { count: 0, haveResults: true }
  }
  const { reason } = closing
  const unsent = ended.map((delivery) => endedUnsent(delivery, reason))
  await insertDeadDeliveries(tx, unsent)
  const haveResults = ended.length <= resultsMax
  const told = haveResults ? unsent : unsent.filter(({ delivery }) => isPage(delivery))
  if (told.length > 0) {
    const dead = { kind: 'dead', reason, status: null, attemptId: null } as const
    await insertResults(
      tx,
      told.map(({ delivery, attemptsCount }) => ({ delivery, ending: { ...dead, attemptsCount } })),
    )
    tx.wake('notifications')
  }
  return { count: ended.length, haveResults }
}

/** The attempts at the endpoints of an owner, newest first, with what was sent; the vault is that of messages. */
export async function attemptsOf(
  db: Sql,
  { vault, ...owner }: { readonly organizationId: OrganizationId; readonly ownerId: string; readonly vault: Vault },
  range: Page,
): Promise<readonly LoggedAttempt[]> {
  const sealed = await attempts.attemptsOfOwner(db, owner, range)
  return sealed.map(({ message, ...attempt }) => {
    if (message === null) return { ...attempt, message }
    const { headersShownSealed, ...rest } = message
    return { ...attempt, message: { ...rest, headersShown: openShown(vault, attempt.messageId, headersShownSealed) } }
  })
}

export const countAttemptsOf = attempts.countAttemptsOfOwner

/** What each webhook was answered last about these subjects, successful or not (contract grafana-oncall 3.9). */
export async function latestAnswers(
  db: Sql,
  subjects: readonly { readonly organizationId: OrganizationId; readonly subjectId: string }[],
): Promise<readonly SubjectAnswer[]> {
  return subjects.length === 0 ? [] : attempts.latestAnswersAbout(db, subjects)
}
