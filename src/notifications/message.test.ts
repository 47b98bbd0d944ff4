import { expect, test } from 'vitest'
import { asId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import { writePage } from './message.ts'
import type { Subject } from './subject.ts'

const subject: Subject = {
  id: asId('IABCDEFGHIJKL'),
  integrationId: asId('CABCDEFGHIJKL'),
  title: 'Disk full on db1',
  message: 'Only 2 % left.\nMount: /var',
  link: 'https://watch.example.com/alert-groups/IABCDEFGHIJKL',
  sourceLink: 'https://prometheus.example.com/graph?g0=up&x=1',
  source: 'Prod Alertmanager',
  urgency: 'high',
  startedAt: instant(1_704_448_845_123),
}
const links = { acknowledge: 'https://watch.example.com/r/aaa', resolve: 'https://watch.example.com/r/rrr' }

const write = (change: Partial<Subject>) => writePage({ subject: { ...subject, ...change }, username: 'alice', links })

test('the text says what, where from, since when, and what to do', () => {
  expect(write({}).text).toBe(`Disk full on db1

Urgency: high
Source: Prod Alertmanager
Since: 2024-01-05 10:00 UTC

Only 2 % left.
Mount: /var

Acknowledge (stops the paging):
https://watch.example.com/r/aaa

Resolve (it is over):
https://watch.example.com/r/rrr

Details:
https://watch.example.com/alert-groups/IABCDEFGHIJKL

At the source:
https://prometheus.example.com/graph?g0=up&x=1

Watchbell paged alice. The links to acknowledge and to resolve work without signing in, in your name: do not forward this e-mail.
`)
})

test('the HTML has the same, and fetches nothing', () => {
  const { html } = write({})
  for (const part of [
    'Disk full on db1</h1>',
    '<strong>high</strong>',
    'Only 2 % left.<br>Mount: /var',
    'href="https://watch.example.com/r/aaa"',
    'href="https://watch.example.com/r/rrr"',
    'href="https://prometheus.example.com/graph?g0=up&amp;x=1"',
  ])
    expect(html).toContain(part)
  expect(html).not.toMatch(/<img|<link|<script|url\(|src=/)
})

test('nothing that an alert says becomes HTML', () => {
  const evil = `"><script>alert('x')</script>`
  const { html } = write({ title: evil, message: evil, source: evil, sourceLink: `https://a.example/${evil}` })
  expect(html).not.toContain('<script')
  expect(html).toContain('&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</h1>')
})

test('a link to the source is only shown when it leads to the web', () => {
  const { html, text } = write({ sourceLink: 'javascript:alert(1)' })
  expect(html).not.toContain('javascript')
  expect(text).not.toContain('At the source')
})

test('the subject line is one line, and a long title ends after a word', () => {
  expect(write({ title: 'Disk full\r\nBcc: everybody@example.com' }).subjectLine).toBe(
    'Alert: Disk full Bcc: everybody@example.com',
  )
  expect(write({ title: 'word '.repeat(100) }).subjectLine).toBe(`Alert: ${'word '.repeat(23)}word…`)
})

test('an alert without a title and message is named by its group and has no empty paragraph', () => {
  const { subjectLine, text, html } = write({ title: ' \n ', message: '' })
  expect(subjectLine).toBe('Alert: alert group IABCDEFGHIJKL')
  expect(text).toContain('UTC\n\nAcknowledge')
  expect(html).not.toContain('"></p>')
})

test('a very long message is cut', () => {
  const { text } = write({ message: 'x'.repeat(100_000) })
  expect(text.length).toBeLessThan(5000)
  expect(text).toContain('x…\n')
})
