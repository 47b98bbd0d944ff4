import { minutes, type Ms, seconds } from '../../lib/time.ts'
import type { Clock } from '../../ports.ts'
import { unresolved } from '../sending/fault.ts'

/** All addresses of a name. Rejects, or answers none, when it has none. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** Nobody waits for longer for the addresses of a name. */
export const lookupMaxMs: Ms = seconds(3)

/**
 * Each look-up holds one of sixteen threads, half of those that `bin/watchbell.js` asks for, until the system gives up, which a dead
 * name server can make half a minute. Four of them are left to the mail server and the database.
 */
const runningMax = 12

/** Of these, what zones may hold that have not shown yet that they answer; and those that were slow last. */
const unprovenMax = 8
const slowMax = 4

/** What one zone may hold. */
const perZoneMax = { quick: 4, unproven: 2, slow: 1 } as const
type Pace = keyof typeof perZoneMax

const soonMs: Ms = seconds(1)

/** One that answers now and then, and else lets everybody wait, is not trusted again at once. */
const slowForgottenMs: Ms = minutes(10)
const zonesMax = 10_000

/** Names that have their name servers in common, as far as names tell. */
type Zone = {
  /** When the look-ups that run were begun, by name. */
  readonly running: Map<string, Ms>
  last: 'none' | Exclude<Pace, 'unproven'>
  slowAt: Ms | null
}

type Waiting = { readonly host: string; wantedAt: Ms; readonly start: () => void; readonly giveUp: () => void }

type Asked = { readonly addresses: Promise<readonly string[]>; readonly waiting: Waiting }

/**
 * Lets look-ups run in turns, so that name servers that do not answer hold up the names that they are asked for, and no others: these could
 * not be told from broken receivers. A name is looked up once at a time, for all who ask for it.
 */
export function inTurns(look: Resolve, monotonic: Clock['monotonic']): Resolve {
  const zones = newZones(monotonic)
  const asked = new Map<string, Asked>()
  let queue: readonly Waiting[] = []
  const goOn = (): void => {
    const turns = queue
    queue = []
    const left = turns.filter((waiting) => {
      const isLate = monotonic() - waiting.wantedAt > lookupMaxMs
      if (isLate) waiting.giveUp()
      else if (zones.mayStart(waiting.host)) waiting.start()
      else return true
      return false
    })
    queue = [...left, ...queue]
  }
  const ask = (host: string): Asked => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    const start = (): void => {
      const end = zones.begin(host)
      void look(host)
        .then(resolve, reject)
        .finally(() => {
          asked.delete(host)
          end()
          goOn()
        })
    }
    const giveUp = (): void => {
      asked.delete(host)
      reject(unresolved('it took too long'))
    }
    return { addresses: promise, waiting: { host, wantedAt: monotonic(), start, giveUp } }
  }
  return (host) => {
    const known = asked.get(host)
    if (known !== undefined) {
      known.waiting.wantedAt = monotonic()
      return known.addresses
    }
    const made = ask(host)
    asked.set(host, made)
    queue = [...queue, made.waiting]
    goOn()
    return made.addresses
  }
}

/** What the zones hold, and how they did. */
function newZones(monotonic: Clock['monotonic']) {
  const zones = new Map<string, Zone>()
  const busy = new Set<Zone>()
  const zoneOf = (host: string): Zone => {
    const name = zoneName(host)
    const zone = zones.get(name) ?? { running: new Map(), last: 'none', slowAt: null }
    zones.set(name, zone)
    return zone
  }
  /** By zones of these paces. */
  const held = (...paces: readonly Pace[]): number => {
    const now = monotonic()
    return [...busy].reduce((sum, zone) => sum + (paces.includes(paceOf(zone, now)) ? zone.running.size : 0), 0)
  }
  const forgetOne = (): void => {
    const idle = [...zones].find(([, zone]) => zone.running.size === 0)
    if (idle !== undefined) zones.delete(idle[0])
  }
  return {
    mayStart: (host: string): boolean => {
      const zone = zoneOf(host)
      const pace = paceOf(zone, monotonic())
      if (zone.running.size >= perZoneMax[pace] || held('quick', 'unproven', 'slow') >= runningMax) return false
      if (pace === 'quick') return true
      return held('unproven', 'slow') < unprovenMax && (pace === 'unproven' || held('slow') < slowMax)
    },
    /** Returns what is to be called at its end. */
    begin: (host: string): (() => void) => {
      const zone = zoneOf(host)
      const begunAt = monotonic()
      zone.running.set(host, begunAt)
      busy.add(zone)
      if (zones.size > zonesMax) forgetOne()
      return () => {
        const now = monotonic()
        zone.running.delete(host)
        if (zone.running.size === 0) busy.delete(zone)
        zone.last = now - begunAt > soonMs ? 'slow' : 'quick'
        if (zone.last === 'slow') zone.slowAt = now
      }
    },
  }
}

function paceOf({ running, last, slowAt }: Zone, now: Ms): Pace {
  const [oldest] = running.values()
  if (last === 'slow' || (oldest !== undefined && now - oldest > soonMs)) return 'slow'
  return last === 'none' || (slowAt !== null && now - slowAt < slowForgottenMs) ? 'unproven' : 'quick'
}

/** The last two labels of a name, or three below what registries keep for that, such as `co.uk`. */
const zoneName = (host: string): string =>
  /(?:[^.]+\.(?:com?|net?|org?|gov?|edu|ac|mil)\.[^.]{2}|[^.]+\.[^.]+)$/.exec(host)?.[0] ?? host
