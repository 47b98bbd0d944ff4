import { expect, it } from 'vitest'
import type { Warning, WarningNews } from '../events/warning.ts'
import { asId, type OrganizationId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import { warningLetter } from './warning-letter.ts'

const start = instant(Date.UTC(2026, 3, 1, 12))

const warning = (webhookName: string, news: WarningNews): Warning => ({
  organizationId: asId<OrganizationId>('O1'),
  address: 'ops@example.com',
  at: start,
  webhookName,
  url: 'https://hooks.example/T0/secret?key=1',
  news,
})

const failing = { kind: 'failing', forLong: 'an hour', failingSince: start, failuresCount: 3 } as const
const disabled = { kind: 'disabled', reason: 'The receiver answered 410: it is gone for good.', webhookIsOff: true } as const

it('says of one webhook what is wrong and what follows, and shows no secret of its URL', () => {
  const { title, blocks, note } = warningLetter([warning('desk', failing)], 'https://bell.example')
  expect(title).toBe('Webhook fails: desk')
  expect(blocks).toEqual([
    'desk\nhttps://hooks.example\nNothing has arrived for an hour: 3 attempts failed since 2026-04-01T12:00:00Z. It is tried again.',
  ])
  expect(note).toContain('https://bell.example')
})

it('tells of several in one, and names each', () => {
  const { title, blocks } = warningLetter([warning('desk', failing), warning('chat', disabled)], 'https://bell.example')
  expect(title).toBe('Webhooks that need you: 2')
  expect(blocks[1]).toBe(
    'chat\nhttps://hooks.example\nThe webhook is switched off. The receiver answered 410: it is gone for good.\n' +
      'What it misses is kept as long as the log of deliveries. Mend the receiver, and switch the webhook on or save it again.',
  )
})

it('ends after fifty', () => {
  const { blocks } = warningLetter(
    Array.from({ length: 60 }, (_, index) => warning(`desk ${index}`, { kind: 'recovered' })),
    'https://bell.example',
  )
  expect([blocks.length, blocks.at(-1)]).toEqual([51, 'and 10 more.'])
})
