import { dayMs } from '../calendar.ts'
import { instant } from '../../lib/time.ts'
import { common, lifeOf } from './cover.ts'
import { occurrencesAtOnce } from './recurrence.ts'
import type { Layer, Recurrence, Restriction, Rotation, Schedule, TimeOfDay, TimeWindow, Turn } from './schedule.ts'

/** What the engine takes on, so that every question is answered in time that is known beforehand. */
export const limits = {
  /** Rotations and recurrences of one schedule. */
  layersMax: 500,
  /** Fixed layers, overrides and swaps of one schedule, each. */
  stretchesMax: 20_000,
  groupsMax: 500,
  restrictionsMax: 200,
  /** How often the layers of a schedule can begin to cover something, together, in a day. */
  beginningsPerDayMax: 5000,
  /** How many shifts of one person each one answer is about, by the rules of its layers. */
  shiftsPerAnswer: 50_000,
  /** As how many shifts each version of a layer counts, however short it held. */
  versionWeight: 10,
  /** Turns by months or days of months are counted from the start on, by the calendar: 1900-01-01, as a local time. */
  countedFrom: -2_208_988_800_000,
  /** As how many beginnings one of such turns counts. */
  countedWeight: 10,
  /** Occurrences of one rule that are under way at the same time. */
  atOnceMax: 500,
  /** The longest turn, in its own unit or, when it is elapsed, in milliseconds: about a hundred years. */
  turnMax: { hours: 876_600, days: 36_525, weeks: 5218, months: 1200, elapsed: 36_525 * dayMs },
} as const

/** Why a schedule is not to be taken, as a sentence; null: nothing speaks against it. For the door: the engine itself looks at layers only. */
export function scheduleFault({ layers, overrides, swaps }: Schedule): string | null {
  const repeated = layers.filter((layer) => layer.kind !== 'fixed')
  if (repeated.length > limits.layersMax) return `A schedule has at most ${limits.layersMax} layers that repeat.`
  const stretches = Math.max(layers.length - repeated.length, overrides.length, swaps.length)
  if (stretches > limits.stretchesMax) return `A schedule has at most ${limits.stretchesMax} single shifts, overrides or swaps.`
  const fault = layers.map(layerFault).find((found) => found !== null)
  if (fault !== undefined) return fault
  if ([...overrides, ...swaps].some(({ startAt, endAt }) => !(startAt < endAt)))
    return 'An override or swap ends after it begins.'
  const beginnings = repeated.reduce((sum, layer) => sum + beginningsPerDay(layer), 0)
  return beginnings > limits.beginningsPerDayMax
    ? `The layers of a schedule begin shifts at most ${limits.beginningsPerDayMax} times a day, all together.`
    : null
}

/** Why the engine does not take a layer, as a sentence; null: it does. One that ends before it begins covers nothing. */
export function layerFault(layer: Layer): string | null {
  if (!Number.isInteger(layer.level) && layer.level !== Infinity) return 'A level is a whole number.'
  if (layer.kind === 'fixed') return null
  if (layer.groups.length > limits.groupsMax) return `At most ${limits.groupsMax} groups take turns.`
  return layer.kind === 'rotation' ? rotationFault(layer) : recurrenceFault(layer)
}

function rotationFault({ turn, restrictions, consumption }: Rotation): string | null {
  const { length } = turn
  if (!isCount(length) || length > limits.turnMax[turn.unit])
    return 'The length of a turn is a whole number from 1, up to a hundred years.'
  if (turn.unit === 'elapsed' && length % 1000 !== 0) return 'A turn lasts whole seconds.'
  if (turn.unit === 'elapsed' && consumption === 'active') return 'Turns of elapsed time always follow the calendar.'
  if (turn.unit !== 'elapsed' && !isTimeOfDay(turn.handover)) return 'A hand-over is at a time of day.'
  if (turn.unit === 'months' && !isBetween(turn.monthday, 1, 31)) return 'A month is handed over on a day from 1 to 31.'
  if (restrictions.length > limits.restrictionsMax) return `A layer has at most ${limits.restrictionsMax} restrictions.`
  return restrictions.every(isRestriction) ? null : 'A restriction is from one time of day to another, on at least one day.'
}

function recurrenceFault(recurrence: Recurrence): string | null {
  const { rule, durationMs, periodsPerTurn } = recurrence
  if (!isCount(rule.interval) || !isCount(periodsPerTurn)) return 'An interval is a whole number from 1.'
  if (rule.interval > limits.turnMax.hours) return `An interval is at most ${limits.turnMax.hours}.`
  if (!isCount(durationMs) || durationMs % 1000 !== 0) return 'A shift lasts whole seconds, at least one.'
  if ([rule.days, rule.months, rule.monthdays].some((list) => list?.length === 0))
    return 'A filter of days or months picks at least one.'
  if (rule.months?.some((month) => !isBetween(month, 1, 12)) === true) return 'Months are from 1 to 12.'
  if (rule.monthdays?.some((day) => !isBetween(Math.abs(day), 1, 31)) === true)
    return 'Days of a month are from 1 to 31 or from -31 to -1.'
  if (isCounted(recurrence) && recurrence.startLocal < limits.countedFrom)
    return 'Where people take turns by months or days of months, the start is in 1900 or later.'
  return occurrencesAtOnce(recurrence) > limits.atOnceMax
    ? `The shift lasts so long that more than ${limits.atOnceMax} of its occurrences would be under way at once.`
    : null
}

/**
 * As much of a window, from its start on, as one question may be about, so that its answer is small enough to be made and sent in one piece:
 * a year of five people who hand over every hour, and at least a day. Estimated by the rules of the layers, while they last, and by how many
 * versions of them there are: each is work of its own.
 */
export function answerable({ layers }: Schedule, window: TimeWindow): TimeWindow {
  const shifts = layers.reduce((sum, layer) => sum + (layer.kind === 'fixed' ? 0 : shiftsWithin(layer, window)), 0)
  if (shifts <= limits.shiftsPerAnswer) return window
  const days = Math.floor((((window.endAt - window.startAt) / dayMs) * limits.shiftsPerAnswer) / shifts)
  return { startAt: window.startAt, endAt: instant(Math.min(window.endAt, window.startAt + Math.max(1, days) * dayMs)) }
}

function shiftsWithin(layer: Rotation | Recurrence, window: TimeWindow): number {
  const lasting = common(window, lifeOf(layer))
  if (lasting === null) return 0
  return limits.versionWeight + (beginningsPerDay(layer) * largestGroup(layer) * (lasting.endAt - lasting.startAt)) / dayMs
}

const largestGroup = ({ groups }: Rotation | Recurrence): number =>
  groups.reduce((most, group) => Math.max(most, group.length), 1)

const turnsPerDay = (turn: Turn): number =>
  turn.unit === 'elapsed' ? dayMs / turn.length : { hours: 24, days: 1, weeks: 1 / 7, months: 1 / 28 }[turn.unit] / turn.length

function beginningsPerDay(layer: Rotation | Recurrence): number {
  if (layer.kind === 'recurrence') {
    const beginnings = layer.rule.frequency === 'hourly' ? 24 / layer.rule.interval : 1
    return isCounted(layer) ? beginnings * limits.countedWeight : beginnings
  }
  const openings = layer.restrictions.reduce((sum, restriction) => sum + ('days' in restriction ? restriction.days.length : 1), 0)
  return turnsPerDay(layer.turn) + openings / 7
}

/** Whether only a count says whose turn it is; everywhere else it is arithmetic. */
const isCounted = ({ rule, groups }: Recurrence): boolean =>
  groups.length > 1 && (rule.months !== null || rule.monthdays !== null)

const isRestriction = (restriction: Restriction): boolean =>
  isTimeOfDay(restriction.start) && isTimeOfDay(restriction.end) && (!('days' in restriction) || restriction.days.length > 0)

const isTimeOfDay = (time: TimeOfDay): boolean => isBetween(time, 0, dayMs - 1000) && time % 1000 === 0

const isCount = (value: number): boolean => isBetween(value, 1, Number.MAX_SAFE_INTEGER)

const isBetween = (value: number, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && value >= min && value <= max
