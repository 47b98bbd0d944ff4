import type { User } from '../accounts/user.ts'
import { takeResults } from '../deliveries/results/commands.ts'
import type { DeliveryResult } from '../deliveries/delivery.ts'
import type { Tx } from '../ports.ts'
import type { NotificationRun, NotificationRunKey } from './run.ts'
import * as store from './store.ts'
import { failed, findPeople, nothing, owe, type Owed, tell } from './telling-commands.ts'

/** Takes what became of pages into the timeline. */
export async function recordResults(tx: Tx, ids: readonly number[]): Promise<void> {
  const results = await takeResults(tx, ids)
  const runs = await store.runsByIds(
    tx.sql,
    results.flatMap(({ organizationId, cancelKey: id }) => (id === null ? [] : [{ organizationId, id }])),
  )
  const personOf = await findPeople(tx.sql, runs)
  const recorded = results.flatMap((result) => {
    const run = runs.find(({ organizationId, id }) => organizationId === result.organizationId && id === result.cancelKey)
    return run === undefined ? [] : [{ run, result }]
  })
  await owe(
    tx,
    recorded.map(({ run, result }) => tellResult(tx, { run, result, person: personOf(run) })),
  )
  await store.markReached(tx, reachedBy(recorded))
}

type Recording = { readonly run: NotificationRun; readonly result: DeliveryResult }

function tellResult(tx: Tx, { run, result, person }: Recording & { readonly person: User | null }): Owed {
  const channel = result.endpoint.kind === 'mail' ? 'email' : 'webhook'
  if (result.ending.kind === 'dead') return failed(tx, { ...run, person, channel, reason: result.ending.reason })
  tell(tx, 'notification.sent', { ...run, person, channel })
  return nothing
}

/** When each run reached its person. Several e-mails of one run may have left; the oldest result counts. */
function reachedBy(recorded: readonly Recording[]) {
  const delivered = recorded.filter(({ result }) => result.ending.kind === 'delivered').toReversed()
  const at = new Map(delivered.map(({ run, result }) => [run, result.at]))
  return [...at].map(([run, reachedAt]) => ({ ...run, at: reachedAt }))
}

/** Tells that a page could not even be made; the reason is a sentence for people. */
export async function failPage(tx: Tx, key: NotificationRunKey, reason: string): Promise<void> {
  const runs = await store.runsByIds(tx.sql, [key])
  const personOf = await findPeople(tx.sql, runs)
  await owe(
    tx,
    runs.map((run) => failed(tx, { ...run, person: personOf(run), channel: 'webhook', reason })),
  )
}
