import PostalMime from 'postal-mime'
import { expect, test } from 'vitest'
import { asId } from '../../lib/ids.ts'
import { instant } from '../../lib/time.ts'
import { composeEmail, type Email } from './email.ts'

const email: Email = {
  messageId: asId('018cd9b2-5c40-7000-8000-000000000001'),
  at: instant(1_704_448_845_123),
  from: 'Watchbell <page@watch.example.com>',
  to: 'alice@example.com',
  about: { organizationId: asId('OABCDEFGHIJKL'), subjectId: 'IABCDEFGHIJKL' },
  urgent: false,
  page: { subjectLine: 'Alert: Disk full on db1', text: 'Only 2 % left.\nBye\n', html: '<p>Only 2&nbsp;% left.</p>\n' },
}

const written = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const parse = async (change: Partial<Email>) => {
  const parsed = await PostalMime.parse(composeEmail({ ...email, ...change }))
  // The parser ends each body with a line break of its own.
  const [text = '', html = ''] = [parsed.text, parsed.html].map((body) => body?.replace(/\n$/, ''))
  return {
    ...parsed,
    text,
    html,
    header: (key: string) => parsed.headers.filter((header) => header.key === key).map((header) => header.value),
  }
}

test('an e-mail has its headers and both bodies', async () => {
  const parsed = await parse({})
  expect(parsed.from).toEqual({ name: 'Watchbell', address: 'page@watch.example.com' })
  expect(parsed.to).toEqual([{ name: '', address: 'alice@example.com' }])
  expect(parsed.subject).toBe('Alert: Disk full on db1')
  expect(parsed.messageId).toBe('<018cd9b2-5c40-7000-8000-000000000001@watch.example.com>')
  expect(parsed.date).toBe('2024-01-05T10:00:45.000Z')
  expect(parsed.text).toBe('Only 2 % left.\nBye\n')
  expect(parsed.html).toBe('<p>Only 2&nbsp;% left.</p>\n')
  expect(parsed.header('auto-submitted')).toEqual(['auto-generated'])
  expect(parsed.header('mime-version')).toEqual(['1.0'])
})

test('e-mails about one alert group are one thread, and those about another are not', async () => {
  const thread = '<OABCDEFGHIJKL.IABCDEFGHIJKL@watch.example.com>'
  for (const parsed of [
    await parse({}),
    await parse({ messageId: asId('018cd9b2-5c40-7000-8000-000000000002'), to: 'bob@example.com' }),
  ]) {
    expect(parsed.inReplyTo).toBe(thread)
    expect(parsed.references).toBe(thread)
    expect(parsed.messageId).not.toBe(thread)
  }
  const other = await parse({ about: { ...email.about, subjectId: 'IXXXXXXXXXXXX' } })
  expect(other.references).toBe('<OABCDEFGHIJKL.IXXXXXXXXXXXX@watch.example.com>')
})

test('urgent e-mails say so', async () => {
  const urgent = await parse({ urgent: true })
  expect(urgent.header('importance')).toEqual(['high'])
  expect(urgent.header('x-priority')).toEqual(['1'])
  expect((await parse({})).header('importance')).toEqual([])
})

test('the bytes are the same every time', () => {
  expect(written(composeEmail(email))).toBe(written(composeEmail(email)))
})

test('all scripts arrive as they left, in lines that every mail server takes', async () => {
  const words = 'Größe 温度 حرارة 🔥 '.repeat(30)
  const change = { page: { subjectLine: words.trim(), text: `${words}\n`, html: `<p>${words}</p>\n` } }
  const bytes = composeEmail({ ...email, ...change })
  expect(written(bytes)).toMatch(/^[\x09\x0a\x0d\x20-\x7e]*$/)
  for (const line of written(bytes).split('\r\n')) expect(line.length).toBeLessThanOrEqual(78)
  expect(written(bytes).replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  const parsed = await parse(change)
  expect(parsed.subject).toBe(words.trim())
  expect(parsed.text).toBe(`${words}\n`)
  expect(parsed.html).toBe(`<p>${words}</p>\n`)
})

test('lines with a dot, of dashes and with blanks at their ends survive', async () => {
  const body = '.\n--\n----_NmP\n   \nend  \n'
  expect((await parse({ page: { ...email.page, text: body } })).text).toBe(body)
})

test('nothing can smuggle in a header or a recipient', async () => {
  const parsed = await parse({
    to: 'alice@example.com\r\nBcc: eve@example.com, eve@example.com',
    page: { ...email.page, subjectLine: 'a\r\nBcc: eve@example.com\r\n\r\nbody' },
  })
  expect(parsed.header('bcc')).toEqual([])
  expect(parsed.to).toHaveLength(1)
  expect(parsed.subject).toBe('a Bcc: eve@example.com  body')
})

test('a sender with another script in name and domain is written for old mail servers', async () => {
  const parsed = await parse({ from: '"Wächter, Nacht" <page@wächter.example>' })
  expect(parsed.from).toEqual({ name: 'Wächter, Nacht', address: 'page@xn--wchter-bua.example' })
  expect(parsed.messageId).toBe('<018cd9b2-5c40-7000-8000-000000000001@xn--wchter-bua.example>')
})
