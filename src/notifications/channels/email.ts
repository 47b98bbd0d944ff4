import MimeNode from 'nodemailer/lib/mime-node'
import { encode, wrap } from 'nodemailer/lib/qp'
import type { MessageId, OrganizationId } from '../../lib/ids.ts'
import { type Instant, toDate } from '../../lib/time.ts'
import type { PageText } from '../message.ts'

export type Email = {
  readonly messageId: MessageId
  /** When it is written; its `Date`. */
  readonly at: Instant
  /** An address, or a name and an address. */
  readonly from: string
  /** One bare address. */
  readonly to: string
  /** What it is about: all e-mails about one alert group, or one schedule, are one thread. */
  readonly about: { readonly organizationId: OrganizationId; readonly subjectId: string }
  readonly urgent: boolean
  readonly page: PageText
}

/**
 * The bytes of an e-mail as they go over the wire (RFC 5322), the same for the same argument. Every e-mail of a thread
 * answers the same first message, which was never sent, so that no e-mail must be the first (RFC 5322, 3.6.4).
 */
export function composeEmail({ messageId, at, from, to, about, urgent, page }: Email): Uint8Array {
  const domain = domainOf(from)
  const thread = `<${about.organizationId}.${about.subjectId}@${domain}>`
  const mail = new MimeNode('multipart/alternative', { baseBoundary: messageId })
  mail.setHeader([
    { key: 'From', value: from },
    { key: 'To', value: { address: to } },
    { key: 'Subject', value: page.subjectLine },
    { key: 'Message-ID', value: `<${messageId}@${domain}>` },
    { key: 'Date', value: toDate(at) },
    { key: 'In-Reply-To', value: thread },
    { key: 'References', value: thread },
    { key: 'Auto-Submitted', value: 'auto-generated' },
    // Exchange answers with absence notes unless told not to.
    { key: 'X-Auto-Response-Suppress', value: 'All' },
    ...(urgent ? urgentHeaders : []),
  ])
  const head = mail.buildHeaders()
  const parts = [partOf('text/plain; charset=utf-8', page.text), partOf('text/html; charset=utf-8', page.html)]
  const boundary = `--${String(mail.boundary)}`
  return Buffer.from([head, '', ...parts.flatMap((part) => [boundary, part]), `${boundary}--`, ''].join('\r\n'))
}

const urgentHeaders = [
  { key: 'X-Priority', value: '1' },
  { key: 'Importance', value: 'high' },
]

/** Written here rather than by the package's stream, which would leave the open transaction waiting for more than the database. */
function partOf(contentType: string, content: string): string {
  const head = `Content-Type: ${contentType}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`
  return head + wrap(encode(content.replace(/\r?\n/g, '\r\n')))
}

/** The domain of the sender, in the form that headers take; the ids of e-mails end in it. */
function domainOf(from: string): string {
  const [, domain = ''] = /@([^\s@<>]+)>?\s*$/.exec(from) ?? []
  return URL.parse(`http://${domain}`)?.hostname ?? 'watchbell.invalid'
}
