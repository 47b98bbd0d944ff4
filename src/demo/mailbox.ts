import { buffer } from 'node:stream/consumers'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { portOf } from './port.ts'

/** A page, as the person's mail program shows it. */
export type Mail = { readonly to: string; readonly subject: string; readonly text: string }

export type Mailbox = {
  /** For `WATCHBELL_SMTP_URL`. */
  readonly url: string
  close(): Promise<void>
}

/** A mail server on loopback, which takes every e-mail and shows it instead of passing it on. */
export async function openMailbox(show: (mail: Mail) => void): Promise<Mailbox> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onData: (stream, { envelope }, done) => {
      const to = envelope.rcptTo.map(({ address }) => address).join(', ')
      buffer(stream)
        .then((raw) => PostalMime.parse(raw))
        .then(({ subject = '', text = '' }) => {
          done()
          show({ to, subject, text })
        }, done)
    },
  })
  // A client that goes away in the middle of a mail, which it then sends again.
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `smtp://127.0.0.1:${portOf(server.server)}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** What a page offers to do about an alert group. */
export type Button = 'Acknowledge' | 'Resolve'

/** The link of a page that leads to the button; null in other e-mails. */
export const linkOf = ({ text }: Mail, button: Button): string | null =>
  new RegExp(`^${button}.*\\n(\\S+)`, 'm').exec(text)?.[1] ?? null
