import { type Body, integerWithin, list, object, optional, type Reader, readFields, required } from '../../lib/fields.ts'
import type { FieldErrors, Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { ms, seconds } from '../../lib/time.ts'
import { calendarDay, dayMs, type Weekday, weekdayOf, weekdays } from '../calendar.ts'
import { limits } from '../engine/limits.ts'
import type { Restriction, TimeOfDay, Turn } from '../engine/schedule.ts'
import { dayOf, type LocalTime, parseLocalTime } from '../local-time.ts'

/** Reads how long turns are and when they are handed over. What it leaves out of the hand-over is as in the start of the layer. */
export function turn(field: string, startLocal: LocalTime): Reader<Turn> {
  return (value) => {
    const body = object(value)
    return body.ok ? inField(field, turnOf(body.value, startLocal)) : body
  }
}

function turnOf(body: Body, startLocal: LocalTime): Result<Turn, Refusal> {
  return readFields((take) => {
    const unit = take(required(body, 'unit', turnUnit), 'days')
    const length = take(optional(body, 'length', turnLength(unit)), undefined) ?? 1
    if (unit === 'elapsed') return { unit, length: seconds(length) }
    const handover = take(optional(body, 'handover', timeOfDay), undefined) ?? ms(startLocal - dayOf(startLocal) * dayMs)
    const common = { length, handover }
    if (unit === 'weeks') {
      return { unit, ...common, weekday: take(optional(body, 'weekday', weekday), undefined) ?? weekdayOf(dayOf(startLocal)) }
    }
    if (unit !== 'months') return { unit, ...common }
    const monthday = take(optional(body, 'monthday', integerWithin({ min: 1, max: 31 })), undefined)
    return { unit, ...common, monthday: monthday ?? calendarDay(dayOf(startLocal)).day }
  })
}

const turnUnits = ['hours', 'days', 'weeks', 'months', 'elapsed'] as const

const turnUnit: Reader<Turn['unit']> = (value) => {
  const found = turnUnits.find((unit) => unit === value)
  return found === undefined ? no(`Must be one of ${turnUnits.join(', ')}.`) : ok(found)
}

/** In the unit; elapsed time in seconds. */
const turnLength = (unit: Turn['unit']): Reader<number> =>
  integerWithin({ min: 1, max: unit === 'elapsed' ? limits.turnMax.elapsed / 1000 : limits.turnMax[unit] })

/** Reads the hours at which a layer covers; none and null: all hours. The faults have the numbers of the restrictions. */
export function restrictions(field: string): Reader<readonly Restriction[]> {
  return (value) => {
    const read = list(value)
    if (!read.ok) return read
    if (read.value.length > limits.restrictionsMax)
      return no(`Ensure this field has no more than ${limits.restrictionsMax} elements.`)
    const members = read.value.map(restriction)
    const faults = members.flatMap((member, index) => (member.ok ? [] : [[String(index), member.reason] as const]))
    if (faults.length > 0) return no({ kind: 'invalid-places', field, places: Object.fromEntries(faults) })
    return ok(members.flatMap((member) => (member.ok ? [member.value] : [])))
  }
}

function restriction(value: unknown): Result<Restriction, readonly string[]> {
  const body = object(value)
  if (!body.ok) return no(sentencesOf(body.reason))
  const read = readFields((take): Restriction => {
    const start = take(required(body.value, 'start', timeOfDay), ms(0))
    const end = take(required(body.value, 'end', timeOfDay), ms(0))
    const isSpan = Object.hasOwn(body.value, 'start_day') || Object.hasOwn(body.value, 'end_day')
    if (!isSpan) return { days: take(optional(body.value, 'days', days), undefined) ?? weekdays, start, end }
    take(optional(body.value, 'days', noDays), undefined)
    const startDay = take(required(body.value, 'start_day', weekday), 'MO')
    return { startDay, start, endDay: take(required(body.value, 'end_day', weekday), 'MO'), end }
  })
  return read.ok ? read : no(sentencesOf(read.reason))
}

/** A place has sentences only, so that each says its field. */
function sentencesOf(reason: string | Refusal): readonly string[] {
  if (typeof reason === 'string') return [reason]
  if (reason.kind !== 'invalid-fields') return []
  return Object.entries(reason.fields).map(([name, messages]) => `${name}: ${[messages].flat().join(' ')}`)
}

const noDays: Reader<undefined> = () => no('Either days, or start_day and end_day.')

const days: Reader<readonly Weekday[]> = (value) => {
  const read = list(value)
  if (!read.ok) return read
  if (read.value.length === 0) return no('This list may not be empty.')
  const found = weekdays.filter((day) => read.value.includes(day))
  const isKnown = read.value.every((member) => weekdays.some((day) => day === member))
  return isKnown ? ok(found) : no(notAWeekday)
}

const weekday: Reader<Weekday> = (value) => {
  const found = weekdays.find((day) => day === value)
  return found === undefined ? no(notAWeekday) : ok(found)
}

const notAWeekday = `Days of the week are ${weekdays.join(', ')}.`

const timeOfDay: Reader<TimeOfDay> = (value) => {
  const time = typeof value === 'string' && /^\d\d:\d\d(:\d\d)?$/.test(value) ? value.padEnd(8, ':00') : ''
  const reading = parseLocalTime(`1970-01-01T${time}`)
  return reading === null ? no('Time has wrong format. Use one of these formats instead: hh:mm, hh:mm:ss.') : ok(ms(reading))
}

/** The faults of the members of an object, in the field that it is in. */
function inField<Value>(field: string, read: Result<Value, Refusal>): Result<Value, Refusal> {
  if (read.ok || read.reason.kind !== 'invalid-fields') return read
  const places: FieldErrors = read.reason.fields
  return no({ kind: 'invalid-places', field, places })
}
