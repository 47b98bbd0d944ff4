import { createTransport, type Transporter } from 'nodemailer'
import { parseConnectionUrl } from 'nodemailer/lib/shared'
import type { SMTPPoolOptions, SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool'
import type { Mail, MailOutcome } from '../../ports.ts'
import { type Ms, ms } from '../time.ts'

export type MailSend = {
  mail(mail: Mail): Promise<MailOutcome>
  /** Lets what is under way end, and closes the connections. */
  close(): void
}

/**
 * The way out for e-mails: the mail server of an `smtp://` URL (TLS as soon as the server offers it) or an `smtps://` one
 * (TLS from the start). Null: e-mail is off, which is an outcome like any other.
 */
export function createMailSend({ smtpUrl }: { readonly smtpUrl: string | null }): MailSend {
  if (smtpUrl === null) return withoutServer
  const transport = createTransport(poolOptions(smtpUrl))
  return { mail: (mail) => deliver(transport, mail), close: () => transport.close() }
}

const withoutServer: MailSend = {
  mail: async () => ({ kind: 'off', detail: 'E-mail is off: WATCHBELL_SMTP_URL is not set', durationMs: ms(0) }),
  close: () => {},
}

/** As many as the outbox has mails under way at once; mail servers commonly take 50 or more from one client. */
const maxConnections = 32

/** What the URL says, but for what is ours to say: the log would show passwords, and only the outbox tries again. */
function poolOptions(smtpUrl: string): SMTPPoolOptions {
  const own = { pool: true, maxConnections, maxRequeues: 0, logger: false, debug: false, transactionLog: false }
  return { ...parseConnectionUrl(smtpUrl), ...own }
}

type Pool = Transporter<SMTPPoolSentMessageInfo>

async function deliver(transport: Pool, { from, to, raw, deadlineMs }: Mail): Promise<MailOutcome> {
  const startedAt = performance.now()
  const duration = (): Ms => ms(Math.round(performance.now() - startedAt))
  try {
    const { response } = await transport.sendMail({
      envelope: { from, to: { address: to } },
      raw: Buffer.from(raw),
      signal: AbortSignal.timeout(deadlineMs),
    })
    return { kind: 'accepted', response, durationMs: duration() }
  } catch (fault) {
    return { ...judge(fault, deadlineMs), durationMs: duration() }
  }
}

/**
 * Only a reply to the mail itself refuses it for good (RFC 5321, 4.2.1), and an address that no server could take. A server
 * that does not let us in, with whatever code, has said nothing about the mail, and its operator can mend that.
 */
function judge(fault: unknown, deadlineMs: Ms): { readonly kind: 'deferred' | 'rejected'; readonly detail: string } {
  const { code, responseCode, message } = partsOf(fault)
  if (code === 'EABORT')
    return { kind: 'deferred', detail: `The mail server took longer than ${Math.round(deadlineMs / 1000)} s` }
  const isAboutTheMail = code === 'EENVELOPE' || code === 'EMESSAGE'
  const isForGood = responseCode === null || responseCode >= 500
  return { kind: isAboutTheMail && isForGood ? 'rejected' : 'deferred', detail: message }
}

function partsOf(fault: unknown) {
  if (!(fault instanceof Error)) return { code: null, responseCode: null, message: String(fault) }
  const code = 'code' in fault ? fault.code : null
  const responseCode = 'responseCode' in fault && typeof fault.responseCode === 'number' ? fault.responseCode : null
  return { code, responseCode, message: fault.message }
}
