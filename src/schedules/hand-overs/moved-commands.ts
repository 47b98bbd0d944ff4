import { peopleByIds } from '../../accounts/commands.ts'
import type { User } from '../../accounts/user.ts'
import { publish } from '../../events/commands.ts'
import type { OrganizationId, UserId } from '../../lib/ids.ts'
import { after, before, days, type Instant, isoZ, ms } from '../../lib/time.ts'
import { sendLetters } from '../../notifications/mail-commands.ts'
import type { Tx } from '../../ports.ts'
import { assemble } from '../assembly-commands.ts'
import type { TimeWindow } from '../engine/schedule.ts'
import { reachOf, type Said } from '../exports/shifts.ts'
import type { Move } from './moves.ts'
import { movesAhead } from './moves-ahead.ts'
import { profilesOf } from '../profile-store.ts'
import type { ScheduleSettings } from '../settings.ts'
import type { ScheduleProfile } from './shift-change-fact.ts'
import { movesLetter } from '../reminders/shift-letter.ts'
import * as store from '../reminders/telling-store.ts'
import type { WatchKey } from './watch.ts'

/** How far ahead people are told what an edit changes. */
const aheadMs = days(30)

/** What is told of an event is bounded; the e-mails tell each person all of theirs, or fifty. */
const movesToldMax = 500

/**
 * Tells people whose shifts of the next 30 days were moved by the edits of a schedule, by one e-mail each, and everybody by one event. Whoever
 * made all the edits knows already. A schedule that was made in the same breath moves nobody's shifts.
 */
export async function tellMoves(tx: Tx, settings: ScheduleSettings, key: WatchKey): Promise<void> {
  await tell(tx, settings, { ...key, edits: await store.takeDueEdits(tx, key) })
}

/** Tells the same of a schedule that was deleted: its shifts are nobody's any more. */
export async function tellEnd(tx: Tx, settings: ScheduleSettings, key: WatchKey): Promise<void> {
  await tell(tx, settings, { ...key, edits: await store.takeLastEdits(tx, key) })
}

type Taken = WatchKey & { readonly edits: store.Edits | null }

async function tell(tx: Tx, settings: ScheduleSettings, { edits, ...key }: Taken): Promise<void> {
  const profile = (await profilesOf(tx.sql, { organizationId: key.organizationId, ids: [key.id] })).get(key.id)
  if (edits === null || profile === undefined || profile.createdAt >= edits.since) return
  const earlier = await asOf(tx, key, before(edits.since, ms(1)))
  const moves = movesAhead(earlier, await asOf(tx, key, tx.now), aheadOf(tx.now))
  if (moves.length === 0) return
  const people = await peopleByIds(tx.sql, key.organizationId, [
    ...new Set([...moves.map(({ userId }) => userId), ...edits.editorIds]),
  ])
  tellEvent(tx, { organizationId: key.organizationId, profile, moves, edits })
  await sendMoves(tx, settings, { ...key, profile, moves, edits, people })
}

/** A schedule as if it had always been as it was at an instant. */
async function asOf(tx: Tx, { organizationId, id }: WatchKey, at: Instant): Promise<Said> {
  const window = reachOf(aheadOf(tx.now))
  const assembly = await assemble(tx.sql, { organizationId, scheduleIds: [id], ...window, view: { kind: 'as-of', at } })
  return assembly.of(id)
}

const aheadOf = (now: Instant): TimeWindow => ({ startAt: now, endAt: after(now, aheadMs) })

type Told = {
  readonly organizationId: OrganizationId
  readonly profile: ScheduleProfile
  readonly moves: readonly Move[]
  readonly edits: store.Edits
}

async function sendMoves(
  tx: Tx,
  settings: ScheduleSettings,
  { organizationId, profile, moves, edits, people }: Told & { readonly people: ReadonlyMap<string, User> },
): Promise<void> {
  const editors = edits.editorIds.flatMap((id) => people.get(id)?.username ?? [])
  const letters = [...Map.groupBy(moves, ({ userId }) => userId)].flatMap(([userId, own]) => {
    const person = people.get(userId)
    if (person === undefined || isKnownTo(userId, edits)) return []
    const timeZone = person.timeZone ?? profile.timeZone
    const letter = movesLetter(own, { scheduleName: profile.name, isDeleted: profile.deletedAt !== null, timeZone, editors })
    return [{ organizationId, to: person.email, subjectId: profile.id, letter, expiresAt: after(tx.now, days(1)) }]
  })
  await sendLetters(tx, settings.notifications, letters)
}

const isKnownTo = (userId: UserId, { editorIds, isPersonal }: store.Edits): boolean =>
  isPersonal && editorIds.every((editorId) => editorId === userId)

function tellEvent(tx: Tx, { organizationId, profile: { id, name }, moves, edits }: Told): void {
  publish(tx, {
    type: 'schedule.shift_moved',
    actor: { kind: 'system', organizationId },
    schedule: { id, scheduledAt: tx.now },
    data: {
      schedule: { id, name },
      edited_since: isoZ(edits.since),
      edited_by: [...edits.editorIds],
      moves_count: moves.length,
      moves: moves.slice(0, movesToldMax).map(({ userId, kind, before: had, after: has }) => ({
        user_id: userId,
        kind,
        before: had.map(shown),
        after: has.map(shown),
      })),
    },
  })
}

const shown = ({ startAt, endAt }: TimeWindow) => ({ start: isoZ(startAt), end: isoZ(endAt) })
