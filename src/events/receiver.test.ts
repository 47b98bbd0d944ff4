import { expect, test } from 'vitest'
import { shownReceiver } from './receiver.ts'

test.each([
  ['https://hooks.example.com:8443/services/T0/B0/sesame?key=sesame', 'https://hooks.example.com:8443'],
  ['https://desk.example/{{ alert_group_id }}', 'https://desk.example'],
  ['https://{{ integration.name }}.example/', null],
  [null, null],
])('of %s others are told %s', (url, shown) => {
  expect(shownReceiver(url)).toBe(shown)
})
