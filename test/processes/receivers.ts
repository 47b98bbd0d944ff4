import { createServer, type Server } from 'node:http'
import type { Server as NetServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'

/** A webhook that came in. */
export type HookArrival = {
  readonly at: number
  readonly path: string
  /** The header `webhook-id`: the same for every attempt of one delivery. */
  readonly id: string
  readonly event: string
  /** Empty, as the title is, when it tells of a schedule. */
  readonly alertGroupId: string
  readonly title: string
  /** Of the event, when it tells of a schedule; else 0. */
  readonly sequence: number
}

/** An e-mail that came in. */
export type MailArrival = {
  readonly at: number
  readonly id: string
  /** The sender on the envelope. */
  readonly from: string
  readonly alertGroupId: string
}

export type HookReceiver = {
  /** For `WATCHBELL_EGRESS_ALLOW`. */
  readonly place: string
  readonly url: string
  readonly arrivals: readonly HookArrival[]
  close(): void
}

export type MailReceiver = { readonly url: string; readonly arrivals: readonly MailArrival[]; close(): void }

type HookBody = {
  readonly event: { readonly type: string; readonly sequence?: number }
  readonly alert_group_id?: string
  readonly alert_group?: { readonly title: string }
}

const noDelay = (): number => 0

/** Receives webhooks on loopback and answers 200 after the delay. */
export async function receiveHooks(delayMs: () => number = noDelay): Promise<HookReceiver> {
  const arrivals: HookArrival[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body: HookBody = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      arrivals.push({
        at: performance.now(),
        path: request.url ?? '',
        id: String(request.headers['webhook-id']),
        event: body.event.type,
        alertGroupId: body.alert_group_id ?? '',
        title: body.alert_group?.title ?? '',
        sequence: body.event.sequence ?? 0,
      })
      void later(delayMs, () => response.end('ok'))
    })
  })
  const port = await listening(server)
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { place: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, arrivals, close }
}

/** Receives e-mails on loopback and accepts them after the delay. */
export async function receiveMails(delayMs: () => number = noDelay): Promise<MailReceiver> {
  const arrivals: MailArrival[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        const { mailFrom } = session.envelope
        arrivals.push({
          at: performance.now(),
          id: headerOf(text, 'Message-ID'),
          from: mailFrom === false ? '' : mailFrom.address,
          // Mails about one alert group are a thread, whose first message is named after it.
          alertGroupId: /\.([^.@]+)@/.exec(headerOf(text, 'In-Reply-To'))?.[1] ?? '',
        })
        void later(delayMs, () => done())
      })
    },
  })
  // A server that is killed in the middle of a mail resets its connections.
  server.on('error', () => {})
  const port = await listening(server.server, () => server.listen(0, '127.0.0.1'))
  return { url: `smtp://127.0.0.1:${port}`, arrivals, close: () => server.close() }
}

async function later(delayMs: () => number, act: () => void): Promise<void> {
  const delay = delayMs()
  if (delay > 0) await wait(delay)
  act()
}

function headerOf(mail: string, name: string): string {
  const head = mail.slice(0, mail.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim() ?? ''
}

function listening(server: Server | NetServer, listen: () => unknown = () => server.listen(0, '127.0.0.1')): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
    listen()
  })
}
