import type { OrganizationId, PartId, ScheduleId } from '../lib/ids.ts'
import { after, type Instant, instant, ms } from '../lib/time.ts'
import { tzdataVersion } from '../lib/zone-data.ts'
import type { Tx } from '../ports.ts'
import { peopleOf, publishAll } from './announce-commands.ts'
import { coursesFrom } from './course-commands.ts'
import { profilesOf } from './profile-store.ts'
import type { ScheduleSettings } from './settings.ts'
import type { Watch } from './watch.ts'
import { cutOf, finalStep, seenFrom, stepUpTo } from './watch-step.ts'
import * as store from './watch-store.ts'

type Some = { readonly organizationId: OrganizationId; readonly ids: readonly ScheduleId[] }

export type Report = {
  /** When the changes that were announced were to happen. */
  readonly announcedFor: readonly Instant[]
  /** What could not be read of the schedules: it covers nothing. */
  readonly unreadable: readonly PartId[]
}

/**
 * Looks at schedules that are due: announces what has changed since the last time, in order, and prepares the next hand-over of each, so
 * that at its instant it only has to be written. What was missed for long is announced some hundred hand-overs at a time.
 */
export async function lookAtSchedules(tx: Tx, settings: ScheduleSettings, some: Some): Promise<Report> {
  const { organizationId } = some
  const locked = await store.lockDueLooks(tx, some)
  await waitForClock(tx, organizationId, locked)
  const watches = locked.filter(({ processedUntil }) => processedUntil < tx.now)
  if (watches.length === 0) return { announcedFor: [], unreadable: [] }
  const ids = watches.map(({ id }) => id)
  const startAt = instant(Math.min(...watches.map(({ processedUntil }) => processedUntil)))
  const courses = await coursesFrom(tx, organizationId, { ids, startAt })
  const profiles = await profilesOf(tx.sql, { organizationId, ids })
  const seen = watches.map((watch) => seenFrom(watch, courses.of(watch.id), tx.now))
  const cutAt = cutOf(seen, tx.now)
  const steps = seen.map((found) => {
    const deletedAt = profiles.get(found.watch.id)?.deletedAt ?? null
    return cutAt === null ? finalStep(found, { now: tx.now, deletedAt }) : stepUpTo(found, cutAt)
  })
  const announcements = steps.flatMap((step) => step.announcements)
  const people = await peopleOf(
    tx,
    organizationId,
    announcements.map(({ handOver }) => handOver),
  )
  await publishAll(tx, settings, { organizationId, announcements, profiles, people })
  const ended = steps.filter(({ outlook }) => outlook === null).map(({ watch }) => watch.id)
  if (ended.length > 0) await store.deleteWatches(tx, { organizationId, ids: ended })
  const settled = steps.flatMap(({ watch, outlook }) => (outlook === null ? [] : [{ ...watch, ...outlook }]))
  await store.settle(tx, { organizationId, zoneData: tzdataVersion, settled })
  return { announcedFor: announcements.map(({ handOver }) => handOver.at), unreadable: courses.unreadable }
}

/** Another node's clock was ahead, or this is the same instant once more: the next one will do. */
async function waitForClock(tx: Tx, organizationId: OrganizationId, watches: readonly Watch[]): Promise<void> {
  for (const { id, processedUntil } of watches)
    if (processedUntil >= tx.now) await store.postponeWatch(tx, { organizationId, id }, after(processedUntil, ms(1)))
}
