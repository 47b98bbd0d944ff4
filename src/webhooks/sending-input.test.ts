import { describe, expect, it } from 'vitest'
import { type Body, readFields } from '../lib/fields.ts'
import { shownSending, usualSending } from './sending.ts'
import { readSending } from './sending-input.ts'

const read = (body: Body) => {
  const parsed = readFields((take) => readSending(body, usualSending, take))
  return parsed.ok ? parsed.value : parsed.reason
}

describe('how a webhook sends', () => {
  it('is taken, and shown as it was given', () => {
    const body = {
      failure_email: 'ops@example.com',
      retry: [5, 60],
      max_age: 3600,
      timeout: 30,
      max_in_flight: 64,
      rate_limit: 0.5,
      ordered: true,
    }
    const sending = read(body)
    expect(sending).toEqual({
      failureEmail: 'ops@example.com',
      retry: [5000, 60_000],
      maxAgeMs: 3_600_000,
      timeoutMs: 30_000,
      inFlightMax: 64,
      rateMax: 0.5,
      isOrdered: true,
    })
    if ('kind' in sending) throw new Error('refused')
    expect(shownSending(sending)).toEqual(body)
  })

  it('is kept where the body is silent, and cleared by null', () => {
    expect(read({})).toEqual(usualSending)
    expect(read({ failure_email: '', max_age: null, rate_limit: null, retry: [] })).toEqual({ ...usualSending, retry: 'none' })
    for (const retry of ['standard', 'fast', 'squadcast', 'none']) expect(read({ retry })).toMatchObject({ retry })
  })

  it.each([
    [{ timeout: 0 }, 'Ensure this value is greater than or equal to 1.'],
    [{ timeout: 31 }, 'Ensure this value is less than or equal to 30.'],
    [{ timeout: 1.5 }, 'A valid integer is required.'],
    [{ timeout: null }, 'This field may not be null.'],
    [{ max_age: 0 }, 'Ensure this value is greater than or equal to 1.'],
    [{ max_age: 604_801 }, 'Ensure this value is less than or equal to 604800.'],
    [{ max_in_flight: 65 }, 'Ensure this value is less than or equal to 64.'],
    [{ rate_limit: 0 }, 'A number from 0.01 to 1000 is required.'],
    [{ rate_limit: 'fast' }, 'A number from 0.01 to 1000 is required.'],
    [{ ordered: 'maybe' }, 'Must be a valid boolean.'],
    [{ failure_email: 'nobody' }, 'Enter a valid email address.'],
    [{ retry: 'often' }, 'Must be one of standard, fast, squadcast, none, or a list of pauses in seconds.'],
    [{ retry: null }, 'This field may not be null.'],
    [{ retry: [0] }, 'Each pause is a whole number of seconds from 1 to 86400.'],
    [{ retry: Array.from({ length: 21 }, () => 1) }, 'At most 20 pauses are allowed.'],
    [{ retry: Array.from({ length: 8 }, () => 86_400) }, 'All pauses together may be 604800 seconds at most.'],
  ])('is refused with %j', (body, message) => {
    expect(read(body)).toEqual({ kind: 'invalid-fields', fields: { [Object.keys(body)[0] ?? '']: [message] } })
  })
})
