import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { instant } from '../lib/time.ts'
import { changesNothing, type LinkedGroup, linkDonePage, linkFaultPage, linkPage, linkPagePolicy } from './link-page.ts'

const group: LinkedGroup = {
  title: 'Disk full on <db1>',
  source: 'Prod Alertmanager',
  startedAt: instant(1_704_448_845_123),
  state: 'firing',
  stateBy: null,
  link: 'https://watch.example.com/alert-groups/IABCDEFGHIJKL',
}

test('a link shows the alert group and one button that acts by POST', () => {
  const html = linkPage('acknowledge', group)
  expect(html).toContain('<h1>Disk full on &lt;db1&gt;</h1>')
  expect(html).toContain('Prod Alertmanager, since 2024-01-05 10:00 UTC')
  expect(html).toContain('Firing: nobody has taken it over')
  expect(html.match(/<form method="post"><button class="acknowledge" type="submit">Acknowledge<\/button><\/form>/g)).toHaveLength(
    1,
  )
  expect(html).toContain('name="viewport"')
})

test.each([
  ['acknowledge', 'firing', false],
  ['acknowledge', 'silenced', false],
  ['acknowledge', 'acknowledged', true],
  ['acknowledge', 'resolved', true],
  ['resolve', 'firing', false],
  ['resolve', 'silenced', false],
  ['resolve', 'acknowledged', false],
  ['resolve', 'resolved', true],
] as const)('to %s what is %s: a page without a button is %s', (action, state, idle) => {
  expect(changesNothing(action, state)).toBe(idle)
  expect(linkPage(action, { ...group, state }).includes('<form')).toBe(!idle)
})

test('whoever comes second sees who was first', () => {
  expect(linkPage('acknowledge', { ...group, state: 'acknowledged', stateBy: 'bob & co' })).toContain(
    'Acknowledged by bob &amp; co',
  )
})

test('after the button the page says what happened', () => {
  const html = linkDonePage('resolve', { ...group, state: 'resolved', stateBy: 'alice' })
  expect(html).toContain('Resolved by alice')
  expect(html).toContain('the paging has stopped')
  expect(html).not.toContain('<form')
})

test.each([
  ['forged', 'damaged'],
  ['expired', 'expired'],
  ['gone', 'does not exist any more'],
  ['not-allowed', 'may not do this'],
] as const)('a link that is %s says so and where to go', (fault, words) => {
  const html = linkFaultPage(fault, 'https://watch.example.com/')
  expect(html).toContain(words)
  expect(html).toContain('<a href="https://watch.example.com/">Open Watchbell</a>')
})

test('the pages have no scripts, and their policy allows their own style', () => {
  const html = linkPage('resolve', group)
  const style = /<style>(.*)<\/style>/s.exec(html)?.[1] ?? ''
  const digest = createHash('sha256').update(style).digest('base64')
  expect(linkPagePolicy()).toBe(
    `default-src 'none'; style-src 'sha256-${digest}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  )
  expect(html).not.toContain('<script')
  expect(html).not.toContain('style=')
})
