import type { UserId } from '../../lib/ids.ts'
import { after, before, days, type Instant, instant, ms } from '../../lib/time.ts'
import { tzdataVersion } from '../../lib/zone-data.ts'
import { type Course, type HandOver, handOversAfter, namedIn } from './hand-overs.ts'
import { announce, announceEnd, type Announcement, type KnownHandOver, type Outlook, type Watch } from './watch.ts'

/** How far ahead the next hand-over is looked for. What never changes is looked at again half way. */
export const aheadMs = days(92)

/** How many hand-overs are written in one transaction; where more were missed, the next one goes on from there. */
const handOversMax = 500

/** What a schedule says from where its watch stands. */
export type Seen = {
  readonly watch: Watch
  /** What has happened, as far as one transaction takes it, and two more. */
  readonly handOvers: readonly HandOver[]
  /** Everybody whom the schedule names. */
  readonly people: readonly UserId[]
}

/** Where a watch stands after a look, what is told, and how it goes on; null: the schedule is no more. */
type Step = { readonly watch: Watch; readonly announcements: readonly Announcement[]; readonly outlook: Outlook | null }

/** Reads the hand-overs of a schedule after those that were announced. */
export function seenFrom(watch: Watch & { readonly zoneData: string }, course: Course, now: Instant): Seen {
  const handOvers: HandOver[] = []
  let [missed, ahead] = [0, 0]
  const zonesChanged = watch.zoneData !== tzdataVersion
  for (const handOver of handOversAfter(watch, course, { now, endAt: after(now, aheadMs), zonesChanged })) {
    handOvers.push(handOver)
    if (handOver.at <= now && missed < handOversMax) missed += 1
    else ahead += 1
    if (ahead === 2) break
  }
  return { watch, handOvers, people: namedIn(course) }
}

/** Where more was missed than one transaction takes: the instant from which on the next one goes on. Else null. */
export function cutOf(seen: readonly Seen[], now: Instant): Instant | null {
  const missed = seen.flatMap(({ handOvers }) => handOvers.map(({ at }) => at)).filter((at) => at <= now)
  return missed.toSorted((left, right) => left - right)[handOversMax] ?? null
}

/** Announces what happened before an instant; from there the schedule is to be looked at once more. */
export function stepUpTo(seen: Seen, cutAt: Instant): Step {
  const { watch, announcements } = announceAll(seen, before(cutAt, ms(1)))
  const processedUntil = instant(Math.max(watch.processedUntil, cutAt - 1))
  return {
    watch: { ...watch, processedUntil, settledUntil: after(processedUntil, ms(1)) },
    announcements,
    outlook: { nextChange: null, dueAt: cutAt, people: seen.people },
  }
}

type Now = { readonly now: Instant; readonly deletedAt: Instant | null }

/** Announces what has happened until now, and prepares the next hand-over. */
export function finalStep(seen: Seen, { now, deletedAt }: Now): Step {
  const { watch, announcements } = announceAll(seen, now)
  if (deletedAt !== null && deletedAt <= now)
    return { watch, announcements: announceEnd(watch, announcements, deletedAt), outlook: null }
  const [nextChange = null] = withNext(seen.handOvers).filter(({ at }) => at > now)
  const settledUntil = nextChange?.at ?? after(now, aheadMs)
  const dueAt = nextChange?.at ?? after(now, ms(aheadMs / 2))
  return {
    watch: { ...watch, processedUntil: now, settledUntil },
    announcements,
    outlook: { nextChange, dueAt, people: seen.people },
  }
}

function announceAll(seen: Seen, until: Instant): Omit<Step, 'outlook'> {
  let { watch } = seen
  const announcements: Announcement[] = []
  for (const handOver of withNext(seen.handOvers)) {
    if (handOver.at > until) break
    const step = announce(watch, handOver)
    watch = step.watch
    announcements.push(step.announcement)
  }
  return { watch, announcements }
}

const withNext = (handOvers: readonly HandOver[]): readonly KnownHandOver[] =>
  handOvers.map((handOver, index) => {
    const next = handOvers[index + 1]
    return { ...handOver, next: next === undefined ? null : { at: next.at, people: next.current } }
  })
