import { isEmail } from '../accounts/user.ts'
import { type RetryPlan, retryPlans } from '../deliveries/endpoint-settings.ts'
import { anyText, boolean, type Body, integerWithin, optional, orNull, type Reader, type Take } from '../lib/fields.ts'
import { no, ok } from '../lib/result.ts'
import { days, hours, type Ms, seconds } from '../lib/time.ts'
import type { Sending } from './sending.ts'

/** How the requests of a webhook leave, as a body changes it; what is missing stays. */
export function readSending(body: Body, current: Sending, take: Take): Sending {
  const changed = <Value>(name: string, reader: Reader<Value>, now: Value): Value => {
    const value = take<Value | undefined>(optional(body, name, reader), undefined)
    return value === undefined ? now : value
  }
  return {
    failureEmail: changed('failure_email', failureEmail, current.failureEmail),
    retry: changed('retry', retry, current.retry),
    maxAgeMs: changed('max_age', orNull(duration({ min: seconds(1), max: days(7) })), current.maxAgeMs),
    timeoutMs: changed('timeout', duration({ min: seconds(1), max: seconds(30) }), current.timeoutMs),
    inFlightMax: changed('max_in_flight', integerWithin({ min: 1, max: 64 }), current.inFlightMax),
    rateMax: changed('rate_limit', orNull(rate), current.rateMax),
    isOrdered: changed('ordered', boolean, current.isOrdered),
  }
}

const failureEmail: Reader<string | null> = (value) => {
  if (value === null || value === '') return ok(null)
  const read = anyText(254)(value)
  return !read.ok || isEmail(read.value) ? read : no('Enter a valid email address.')
}

/** Whole seconds. */
const duration =
  ({ min, max }: { readonly min: Ms; readonly max: Ms }): Reader<Ms> =>
  (value) => {
    const read = integerWithin({ min: min / 1000, max: max / 1000 })(value)
    return read.ok ? ok(seconds(read.value)) : read
  }

const pausesMax = 20
const pause = duration({ min: seconds(1), max: hours(24) })

/** What was sent is stored for longer than this. */
const pausesSumMax = days(7)

const retry: Reader<RetryPlan> = (value) => {
  if (value === null) return no('This field may not be null.')
  if (!Array.isArray(value)) {
    const plan = retryPlans.find((name) => name === value)
    return plan === undefined ? no(`Must be one of ${retryPlans.join(', ')}, or a list of pauses in seconds.`) : ok(plan)
  }
  if (value.length > pausesMax) return no(`At most ${pausesMax} pauses are allowed.`)
  const read = value.map(pause)
  const wrong = read.find((one) => !one.ok)
  if (wrong !== undefined && !wrong.ok) return no('Each pause is a whole number of seconds from 1 to 86400.')
  const pauses = read.flatMap((one) => (one.ok ? [one.value] : []))
  if (pauses.reduce((sum, one) => sum + one, 0) > pausesSumMax) return no('All pauses together may be 604800 seconds at most.')
  return ok(pauses.length === 0 ? 'none' : pauses)
}

const [rateMin, rateMax] = [0.01, 1000]

/** Requests a second. */
const rate: Reader<number> = (value) => {
  const number = typeof value === 'string' && /^\d{1,4}(\.\d{1,6})?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && number >= rateMin && number <= rateMax
    ? ok(number)
    : no(`A number from ${rateMin} to ${rateMax} is required.`)
}
