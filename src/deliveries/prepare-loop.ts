import type { Vault } from '../accounts/secret.ts'
import type { Brand } from '../lib/brand.ts'
import { known } from '../lib/check.ts'
import { type MessageId, newUuid } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import type { Database, Ports, Sql, Tx } from '../ports.ts'
import { type Conclusion, faultyAttempt, shortened } from './conclusion.ts'
import type { Credentials, CredentialsById, CredentialsOf } from './credentials.ts'
import type { Delivery, HttpMessage, Message, Rendered } from './delivery.ts'
import { insertMessages, messagesOfWaiting } from './message-store.ts'
import { sealedHttp, unsealed } from './sealing.ts'

/**
 * Makes the bytes of deliveries that have none yet, from what caused them: of some, then of some more. What is missing in all of it is a
 * failure, like what it says has failed. It takes its time, so it is done outside of transactions, and reads only.
 */
export type Render = (db: Sql, deliveries: readonly Delivery[]) => AsyncIterable<ReadonlyMap<MessageId, Rendered>>

export type Ready = { readonly delivery: Delivery; readonly message: Message }

export type Prepared = {
  /** To be sent at once. */
  readonly ready: readonly Ready[]
  /** Never to be sent. */
  readonly unsent: readonly Conclusion[]
  /** To be asked for again; until then nothing leaves for their endpoints, but for pages, which are asked for each second. */
  readonly resting: readonly { readonly delivery: Delivery; readonly until: Instant }[]
  /** To be tried again; the detail is for the log. */
  readonly failed: readonly { readonly delivery: Delivery; readonly detail: string }[]
}

/** What can be sent, and what needs its bytes first. A delivery that was taken back meanwhile, or has no room beside the others, is in none of the lists. */
export async function loadMessages(
  db: Sql,
  vault: Vault,
  deliveries: readonly Delivery[],
): Promise<Prepared & { readonly unrendered: readonly Delivery[] }> {
  const stored = await messagesOfWaiting(db, deliveries)
  const loaded = {
    ready: new Array<Ready>(),
    unsent: new Array<Conclusion>(),
    failed: new Array<Prepared['failed'][number]>(),
    resting: [],
  }
  const unrendered: Delivery[] = []
  for (const delivery of deliveries) {
    const message = stored.get(delivery.id)
    if (message === undefined) continue
    if (delivery.endpoint.closed)
      loaded.unsent.push({ delivery, verdict: { kind: 'dead', reason: closedReason }, attempt: null, sign: null })
    else if (message === null) unrendered.push(delivery)
    else {
      const opened = unsealed(vault, delivery.messageId, message)
      if (opened.ok) loaded.ready.push({ delivery, message: opened.value })
      else loaded.failed.push({ delivery, detail: opened.reason })
    }
  }
  return { ...loaded, unrendered }
}

/** For what was caused in the very moment in which its endpoint was closed; all else ended then. */
const closedReason = 'The receiver was switched off or deleted before this could be sent.'

/** What the owners add to these attempts, and whose credentials cannot be had this time. */
export async function loadCredentials(
  { clock, db }: Ports,
  credentialsOf: CredentialsOf,
  deliveries: readonly Delivery[],
): Promise<Pick<Prepared, 'failed'> & { readonly credentials: CredentialsById }> {
  const found = await credentialsOf(db.sql, deliveries, clock.now())
  const credentials = new Map<Delivery['id'], Credentials>()
  const failed: Prepared['failed'][number][] = []
  for (const delivery of deliveries) {
    const answer = found.get(delivery.id)
    if (answer?.ok === true) credentials.set(delivery.id, answer.value)
    else if (answer !== undefined) failed.push({ delivery, detail: answer.reason })
  }
  return { credentials, failed }
}

type Renderer = { readonly db: Database; readonly vault: Vault; readonly render: Render }

/**
 * Renders and stores the bytes before any of them leaves; every later attempt sends these. `onStored` is called with some, which can leave
 * then, while more are rendered. What another node rendered first is in none of the lists, and is found with its bytes in the next round;
 * nor is what is to be rendered later.
 */
export async function renderMessages(
  { db, vault, render }: Renderer,
  deliveries: readonly Delivery[],
  onStored: (prepared: Prepared) => void,
): Promise<void> {
  const missing = new Set(deliveries)
  let storing = Promise.resolve()
  try {
    for await (const rendered of render(db.sql, deliveries)) {
      const own = deliveries.filter(({ messageId }) => rendered.has(messageId))
      for (const delivery of own) missing.delete(delivery)
      if (own.length === 0) continue
      await storing
      storing = store({ db, vault }, own, rendered).then(onStored)
      // A fault is heard of where it is awaited, and until then nobody listens.
      storing.catch(() => {})
    }
  } finally {
    await storing
  }
  const failed = [...missing].map((delivery) => ({ delivery, detail: 'nobody renders it' }))
  onStored({ ready: [], unsent: [], resting: [], failed })
}

function store(
  { db, vault }: Omit<Renderer, 'render'>,
  deliveries: readonly Delivery[],
  rendered: ReadonlyMap<MessageId, Rendered>,
): Promise<Prepared> {
  return db.tx('render deliveries', async (tx) => {
    const fresh: { readonly delivery: Delivery; readonly message: HttpMessage }[] = []
    const unsent: Conclusion[] = []
    const failed: Prepared['failed'][number][] = []
    const resting: Prepared['resting'][number][] = []
    for (const delivery of deliveries) {
      const result = known(rendered.get(delivery.messageId), 'it is rendered')
      if (result.kind === 'message') fresh.push({ delivery, message: result.message })
      else if (result.kind === 'failed') failed.push({ delivery, detail: result.detail })
      else if (result.kind === 'faulty') unsent.push(faulty(tx, vault, { ...result, delivery }))
      else if (result.kind === 'later') resting.push(...(result.until === null ? [] : [{ delivery, until: result.until }]))
      else unsent.push({ delivery, verdict: result, attempt: null, sign: null })
    }
    const sealed = fresh.map(({ delivery, message }) => ({ delivery, message: sealedHttp(vault, delivery.messageId, message) }))
    const stored = sealed.length === 0 ? new Set<MessageId>() : await insertMessages(tx, sealed)
    return { ready: fresh.filter(({ delivery }) => stored.has(delivery.messageId)), unsent, failed, resting }
  })
}

type Faulty = Pick<Extract<Rendered, { kind: 'faulty' }>, 'reason' | 'request'> & { readonly delivery: Delivery }

/** The request is stored with the end of its delivery, not before: until then it may still be made anew. */
function faulty(tx: Tx, vault: Vault, { delivery, reason, request }: Faulty): Conclusion {
  const id = newUuid<Brand<string, 'AttemptId'>>(tx.now, tx.random.bytes)
  return {
    delivery,
    verdict: {
      kind: 'faulty',
      reason: shortened(reason),
      request: { ...sealedHttp(vault, delivery.messageId, request), kind: 'faulty' },
    },
    attempt: faultyAttempt(delivery, { id, at: tx.now }),
    sign: null,
  }
}
