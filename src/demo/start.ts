import { type Config, readConfig } from '../config.ts'
import { known } from '../lib/check.ts'
import { isFreePort } from '../lib/node/free-port.ts'
import type { Log } from '../ports.ts'
import { type Closer, type Server, serve } from '../serve.ts'
import type { Fetch } from './client.ts'
import { type Mail, type Mailbox, openMailbox } from './mailbox.ts'
import { type Hook, openReceiver, type Receiver } from './receiver.ts'
import { setUpOrganization } from './sample.ts'
import { type Teller, watchbell } from './teller.ts'

/** Where the server's e-mails and webhooks go. */
export type Places = {
  readonly mailbox: Mailbox
  readonly receiver: Receiver
  /** From now on these are told of what arrives; nothing arrives before. */
  hear(ears: Ears): void
}

type Ears = { readonly mailArrived: (mail: Mail) => void; readonly hookArrived: (hook: Hook) => void }

export async function openPlaces(closers: Closer[]): Promise<Places> {
  let ears: Ears = { mailArrived: () => {}, hookArrived: () => {} }
  const mailbox = await openMailbox((mail) => ears.mailArrived(mail))
  closers.push(mailbox.close)
  const receiver = await openReceiver((hook) => ears.hookArrived(hook))
  closers.push(receiver.close)
  return { mailbox, receiver, hear: (others) => void (ears = others) }
}

type Start = {
  readonly teller: Teller
  readonly fetch: Fetch
  readonly log: Log
  readonly folder: string
  readonly closers: Closer[]
}

/** The server that `watchbell serve` starts, with an organization and its admin's API token. */
export async function startServer(
  { teller, fetch, log, folder, closers }: Start,
  places: Places,
): Promise<{ readonly server: Server; readonly token: string }> {
  const config = await chooseSettings(folder, places)
  teller.line(watchbell, 'starts, with a PostgreSQL of its own')
  const starting = serve(config, log)
  // Whoever stops the demo may do it while the server starts.
  closers.push(() =>
    starting.then(
      (server) => server.stop(),
      () => {},
    ),
  )
  const server = await starting
  const note = config.port === 0 ? `, because port ${usualPort} is taken` : ''
  teller.line(watchbell, `listens on ${server.address}${note}`)
  const token = await setUpOrganization(known(server.setupLink, 'an empty database has a set-up link'), fetch)
  return { server, token }
}

const usualPort = 8080

/** What an operator would set in the environment. The environment of this process plays no part: it may be that of a real server. */
async function chooseSettings(folder: string, { mailbox, receiver }: Places): Promise<Config> {
  const host = '127.0.0.1'
  return readConfig({
    WATCHBELL_HOST: host,
    WATCHBELL_PORT: (await isFreePort(host, usualPort)) ? String(usualPort) : '0',
    WATCHBELL_DATA_DIR: folder,
    WATCHBELL_SMTP_URL: mailbox.url,
    WATCHBELL_MAIL_FROM: 'Watchbell <watchbell@lighthouse.example>',
    WATCHBELL_EGRESS_ALLOW: receiver.place,
  })
}
