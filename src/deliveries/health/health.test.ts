import { describe, expect, it } from 'vitest'
import { after, hours, instant } from '../../lib/time.ts'
import { type Health, judgeHealth } from './health.ts'

const start = instant(Date.UTC(2026, 3, 1))
const at = (hour: number) => after(start, hours(hour))

const well: Health = {
  failingSince: null,
  lastFailureAt: null,
  failuresCount: 0,
  warned: 'not',
  warnedAt: null,
  recoveredAt: null,
  disabled: null,
}

const failing: Health = { ...well, failingSince: start, lastFailureAt: start, failuresCount: 1 }

/** Looks whenever it is time, and after each failure where no time is set; returns what was told, and at which hour. */
function course(failuresAt: readonly number[], from = failing): readonly string[] {
  const told: string[] = []
  let health = from
  let lookAt: number | null = start
  for (let hour = 0; hour <= 300; hour += 1) {
    if (failuresAt.includes(hour)) {
      health = { ...health, lastFailureAt: at(hour), failuresCount: health.failuresCount + 1 }
      lookAt ??= at(hour)
    }
    if (lookAt === null || at(hour) < lookAt || health.disabled !== null) continue
    const judged = judgeHealth(health, at(hour))
    for (const news of judged.news) told.push(`${hour} ${news.kind === 'failing' ? news.warned : news.kind}`)
    health = judged.health
    lookAt = judged.lookAt
  }
  return told
}

const every = (step: number) => Array.from({ length: Math.ceil(300 / step) }, (_, index) => index * step)

describe('an endpoint that fails', () => {
  it('is told of after an hour and after a day, and is switched off after five days', () => {
    expect(course(every(1))).toEqual(['1 after an hour', '24 after a day', '120 disabled'])
  })

  it('is told of once where one message failed and nothing was sent since', () => {
    expect(course([])).toEqual(['1 after an hour'])
  })

  it('is warned of again, and switched off, only with a failure since', () => {
    expect(course([30, 200])).toEqual(['1 after an hour', '30 after a day', '200 disabled'])
    expect(course([23])).toEqual(['1 after an hour', '24 after a day'])
  })

  it('is not switched off within twelve hours of the warning before', () => {
    expect(course([130, 131, 141])).toEqual(['1 after an hour', '130 after a day'])
    expect(course([130, 131, 142])).toEqual(['1 after an hour', '130 after a day', '142 disabled'])
  })

  it('is looked at in time although the server was off meanwhile, one step after the other', () => {
    const late = judgeHealth({ ...failing, lastFailureAt: at(140) }, at(150))
    expect(late.news).toEqual([{ kind: 'failing', warned: 'after an hour' }])
    expect(late.lookAt).toBeNull()
  })

  it('is told of at once where its receiver said that it is gone', () => {
    const gone: Health = { ...well, disabled: { at: start, reason: 'The receiver answered 410.' } }
    expect(judgeHealth(gone, at(0)).news).toEqual([{ kind: 'disabled', reason: 'The receiver answered 410.' }])
  })
})

describe('an endpoint that works again', () => {
  it('is told of, and is warned of anew when it fails again', () => {
    const warned: Health = { ...well, warned: 'after a day', warnedAt: at(24), recoveredAt: at(30) }
    expect(judgeHealth(warned, at(30))).toEqual({ news: [{ kind: 'recovered', at: at(30) }], health: well, lookAt: null })
    const again = { ...warned, failingSince: at(31), lastFailureAt: at(31), failuresCount: 1 }
    expect(judgeHealth(again, at(31)).lookAt).toBe(at(32))
    expect(judgeHealth(again, at(32)).news.map(({ kind }) => kind)).toEqual(['recovered', 'failing'])
  })
})
