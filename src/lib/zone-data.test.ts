import { expect, test } from 'vitest'
import { isTimeZone } from './zone-data.ts'

test.each(['UTC', 'Europe/Berlin', 'america/argentina/buenos_aires', 'Asia/Calcutta'])('%s names a time zone', (text) => {
  expect(isTimeZone(text)).toBe(true)
})

test.each(['', '+01:00', 'Moon/Base', 'Europe/Berlin ', '5'])('%j names none', (text) => {
  expect(isTimeZone(text)).toBe(false)
})
