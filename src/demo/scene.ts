import { listOf, textOf } from '../inbound/fields.ts'
import { StartFault } from '../lib/start-fault.ts'
import { ms, seconds } from '../lib/time.ts'
import type { Clock } from '../ports.ts'
import type { Client } from './client.ts'
import { bodyLines, happeningOf } from './happening.ts'
import { linkOf, type Mail } from './mailbox.ts'
import { type Hook, titleOf, triggerOf } from './receiver.ts'
import { opsRoom, type Person } from './sample.ts'
import { type Teller, watchbell } from './teller.ts'

/** What has been told so far, and the one order in which it is told. */
export type Scene = {
  readonly mails: readonly Mail[]
  readonly hooks: readonly Hook[]
  readonly mailArrived: (mail: Mail) => void
  readonly hookArrived: (hook: Hook) => void
  /** Looks into the organization's log again and again, until the signal. Rejects when that cannot be done. */
  follow(signal: AbortSignal): Promise<void>
  /** Waits until something is there. Rejects after half a minute, with the words for what did not come. */
  until<Value>(what: string, look: () => Value | undefined): Promise<Value>
}

type Cast = {
  readonly client: Client
  readonly teller: Teller
  readonly clock: Clock
  readonly people: readonly Person[]
}

const pause = ms(50)
const patience = seconds(30)

/**
 * Tells what happens as it happens. Mails and webhooks arrive by themselves, and what caused them is in the log: it is read
 * before each of them is told, so that nothing is told before its cause.
 */
export function makeScene({ client, teller, clock, people }: Cast): Scene {
  const names = new Map(people.map(({ id, actor }) => [id, actor.name]))
  const mails: Mail[] = []
  const hooks: Hook[] = []
  let after = 0
  let told: Promise<void> = Promise.resolve()

  const catchUp = async (): Promise<void> => {
    const events = listOf(await client.get(`events/?after=${after}`), 'results')
    for (const event of events) {
      const happening = happeningOf(event, names)
      if (happening !== null) teller.line(watchbell, happening)
      after = Number(textOf(event, 'sequence'))
    }
  }
  /** One after the other. What cannot be told ends the demo by `follow`, which then cannot read the log either. */
  const tell = (tellIt: () => void): Promise<void> => {
    const next = told.then(catchUp).then(tellIt)
    told = next.catch(() => {})
    return next
  }
  const arrived = (tellIt: () => void): void => void tell(tellIt).catch(() => {})

  return {
    mails,
    hooks,
    mailArrived: (mail) =>
      arrived(() => {
        tellMail(teller, people, mail)
        mails.push(mail)
      }),
    hookArrived: (hook) =>
      arrived(() => {
        tellHook(teller, hook, hooks.length === 0)
        hooks.push(hook)
      }),
    follow: async (signal) => {
      while (!signal.aborted) {
        await tell(() => {})
        await clock.wait(pause, signal)
      }
    },
    until: async (what, look) => {
      const startedAt = clock.monotonic()
      for (;;) {
        const value = look()
        if (value !== undefined) return value
        if (clock.monotonic() - startedAt > patience) throw new StartFault(`The demo has waited 30 s for ${what}.`)
        await clock.wait(pause, new AbortController().signal)
      }
    },
  }
}

function tellMail(teller: Teller, people: readonly Person[], mail: Mail): void {
  const actor = people.find(({ email }) => email === mail.to)?.actor ?? { name: mail.to, style: 'green' }
  teller.line(actor, `gets an e-mail, "${mail.subject}", with links to act:`)
  for (const button of ['Acknowledge', 'Resolve'] as const) {
    const link = linkOf(mail, button)
    if (link !== null) teller.details([`${button.padEnd('Acknowledge'.length)}  ${link}`])
  }
}

/** Of the first one all that a newcomer wants to see, of the others the gist. */
function tellHook(teller: Teller, hook: Hook, isFirst: boolean): void {
  const title = titleOf(hook)
  teller.line(opsRoom, `gets a webhook, "${triggerOf(hook)}"${title === null ? '' : `: ${title}`}`)
  if (isFirst) teller.details(bodyLines(hook.body))
}
