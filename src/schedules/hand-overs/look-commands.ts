import type { OrganizationId, PartId, ScheduleId } from '../../lib/ids.ts'
import { partsOf } from '../../lib/parts.ts'
import { after, type Instant, instant, ms } from '../../lib/time.ts'
import { tzdataVersion } from '../../lib/zone-data.ts'
import type { Tx } from '../../ports.ts'
import { peopleOf, publishAll } from './announce-commands.ts'
import { coursesFrom } from '../course-commands.ts'
import { tellEnd } from './moved-commands.ts'
import { profilesOf } from '../profile-store.ts'
import type { ScheduleSettings } from '../settings.ts'
import type { Announcement, Watch } from './watch.ts'
import { cutOf, finalStep, type Seen, seenFrom, stepUpTo } from './watch-step.ts'
import * as store from './watch-store.ts'

type Some = { readonly organizationId: OrganizationId; readonly ids: readonly ScheduleId[] }

export type Unreadable = { readonly id: ScheduleId; readonly partIds: readonly PartId[] }

export type Report = {
  /** When the changes that were announced were to happen. */
  readonly announcedFor: readonly Instant[]
  /** What could not be read of each of the schedules, often nothing: it covers nothing. */
  readonly unreadable: readonly Unreadable[]
  /** Schedules whose hand-overs were announced up to an instant that this clock has yet to reach; they wait until it does. */
  readonly waiting: readonly Watch[]
}

/**
 * Looks at schedules that are due: announces what has changed since the last time, in order, and prepares the next hand-over of each, so
 * that at its instant it only has to be written. What was missed for long is announced some hundred hand-overs at a time.
 */
export async function lookAtSchedules(tx: Tx, settings: ScheduleSettings, some: Some): Promise<Report> {
  const { organizationId } = some
  const locked = await store.lockDueLooks(tx, some)
  const [watches, waiting] = [locked.filter(isBehind(tx.now)), locked.filter((watch) => !isBehind(tx.now)(watch))]
  for (const watch of waiting) await waitForClock(tx, organizationId, watch)
  if (watches.length === 0) return { announcedFor: [], unreadable: [], waiting }
  const profiles = await profilesOf(tx.sql, { organizationId, ids: watches.map(({ id }) => id) })
  const { seen, unreadable } = await seeAll(tx, organizationId, watches)
  const cutAt = cutOf(seen, tx.now)
  const steps = seen.map((found) => {
    const deletedAt = profiles.get(found.watch.id)?.deletedAt ?? null
    return cutAt === null ? finalStep(found, { now: tx.now, deletedAt }) : stepUpTo(found, cutAt)
  })
  const announcements = inOrder(steps.flatMap((step) => step.announcements))
  const people = await peopleOf(
    tx,
    organizationId,
    announcements.map(({ handOver }) => handOver),
  )
  await publishAll(tx, settings, { organizationId, announcements, profiles, people })
  const ended = steps.filter(({ outlook }) => outlook === null).map(({ watch }) => watch.id)
  for (const id of ended) await tellEnd(tx, settings, { organizationId, id })
  if (ended.length > 0) await store.deleteWatches(tx, { organizationId, ids: ended })
  const settled = steps.flatMap(({ watch, outlook }) => (outlook === null ? [] : [{ ...watch, ...outlook }]))
  await store.settle(tx, { organizationId, zoneData: tzdataVersion, settled })
  return { announcedFor: announcements.map(({ handOver }) => handOver.at), unreadable, waiting }
}

/** So many schedules are read at once, so that the other work of this process gets its turn in between. */
const readAtOnce = 50

async function seeAll(tx: Tx, organizationId: OrganizationId, watches: readonly store.OpenWatch[]) {
  const seen: Seen[] = []
  const unreadable: Unreadable[] = []
  for (const some of partsOf(watches, readAtOnce)) {
    const startAt = instant(Math.min(...some.map(({ processedUntil }) => processedUntil)))
    const courses = await coursesFrom(tx, organizationId, { ids: some.map(({ id }) => id), startAt })
    seen.push(...some.map((watch) => seenFrom(watch, courses.of(watch.id), tx.now)))
    unreadable.push(...some.map(({ id }) => ({ id, partIds: courses.unreadableOf(id) })))
  }
  return { seen, unreadable }
}

/** By the instant, whichever schedules they are of: what belongs together is told together, and what was first is told first. */
const inOrder = (announcements: readonly Announcement[]): readonly Announcement[] =>
  announcements.toSorted((left, right) => left.handOver.at - right.handOver.at)

const isBehind =
  (now: Instant) =>
  ({ processedUntil }: Watch): boolean =>
    processedUntil < now

/** A clock was ahead, of this node or of another one, or this is the same instant once more: the next one will do. */
const waitForClock = (tx: Tx, organizationId: OrganizationId, { id, processedUntil }: Watch): Promise<void> =>
  store.postponeWatch(tx, { organizationId, id }, after(processedUntil, ms(1)))
