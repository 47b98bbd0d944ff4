import { known } from '../lib/check.ts'
import { StartFault } from '../lib/start-fault.ts'
import { type Ms, ms } from '../lib/time.ts'
import type { Clock } from '../ports.ts'
import { type Fetch, json } from './client.ts'
import { type Button, linkOf, type Mail } from './mailbox.ts'
import { type Hook, titleOf, triggerOf } from './receiver.ts'
import type { Person, Sample, Source } from './sample.ts'
import type { Scene } from './scene.ts'
import { alertmanagerBody, pagertreeBody } from './signals.ts'
import type { Teller } from './teller.ts'

export type Stage = {
  readonly sample: Sample
  readonly scene: Scene
  readonly teller: Teller
  readonly clock: Clock
  readonly fetch: Fetch
}

/** An alert, a page, somebody who takes over, a webhook; and the end of it. */
export async function alertmanagerAct(stage: Stage): Promise<void> {
  const { sample, teller, clock } = stage
  const { prometheus, ben } = sample
  const title = 'DiskFull (db-1)'
  teller.heading('A disk runs full, as Alertmanager tells it')
  const sentAt = await say(stage, prometheus, {
    words: `says that ${title} is firing`,
    body: alertmanagerBody({ status: 'firing', at: clock.now() }),
  })
  const page = await pageTo(stage, ben, title)
  const pagedMs = ms(clock.monotonic() - sentAt)
  await pauseToRead(clock)
  const pressedAt = await press(stage, ben, { page, button: 'Acknowledge' })
  await hookAbout(stage, title, 'acknowledge')
  const hookedMs = ms(clock.monotonic() - pressedAt)
  await pauseToRead(clock)
  await say(stage, prometheus, {
    words: `says that ${title} is resolved`,
    body: alertmanagerBody({ status: 'resolved', at: clock.now() }),
  })
  await hookAbout(stage, title, 'resolve')
  teller.heading(`alert  ->  page after ${inWords(pagedMs)}  ->  acknowledged  ->  webhook after ${inWords(hookedMs)}`)
  await pauseToRead(clock)
}

/** The same by another contract, and ended by the person who was paged. */
export async function pagertreeAct(stage: Stage): Promise<void> {
  const { sample, teller, clock } = stage
  const { helpDesk, ben } = sample
  const body = pagertreeBody()
  teller.heading('A customer cannot pay, as a help desk tells PagerTree')
  await say(stage, helpDesk, { words: `says that ${body.Title}`, body })
  const page = await pageTo(stage, ben, body.Title)
  await pauseToRead(clock)
  await press(stage, ben, { page, button: 'Resolve' })
  await hookAbout(stage, body.Title, 'resolve')
}

type Saying = { readonly words: string; readonly body: object }

/** Sends an alert; answers with when it left. */
async function say({ teller, clock, fetch }: Stage, { actor, link }: Source, { words, body }: Saying): Promise<Ms> {
  teller.line(actor, words)
  teller.details([`POST ${new URL(link).pathname}`])
  const sentAt = clock.monotonic()
  const answer = await fetch(link, { method: 'POST', headers: json, body: JSON.stringify(body) })
  if (!answer.ok) throw new StartFault(`The demo's alert was answered ${answer.status}: ${await answer.text()}`)
  return sentAt
}

const pageTo = ({ scene }: Stage, person: Person, title: string): Promise<Mail> =>
  scene.until('the page', () => scene.mails.find(({ to, subject }) => to === person.email && subject.includes(title)))

const hookAbout = ({ scene }: Stage, title: string, trigger: string): Promise<Hook> =>
  scene.until('the webhook', () => scene.hooks.find((hook) => triggerOf(hook) === trigger && titleOf(hook) === title))

type Press = { readonly page: Mail; readonly button: Button }

/** Does what a person does: opening the link of an e-mail changes nothing, the button on the page behind it acts. */
async function press({ teller, clock, fetch }: Stage, { actor }: Person, { page, button }: Press): Promise<Ms> {
  const link = known(linkOf(page, button), 'a page has links to act')
  const opened = await (await fetch(link)).text()
  const label = known(/<button[^>]*>([^<]+)<\/button>/.exec(opened)?.[1], 'the page behind the link has a button')
  teller.line(actor, `opens the link, and presses the button on the page: ${label}`)
  const pressedAt = clock.monotonic()
  await fetch(link, { method: 'POST' })
  return pressedAt
}

/** What the person who watches needs to read a page, and the person who is paged as well. */
const readingPause = ms(1500)
const pauseToRead = (clock: Clock): Promise<void> => clock.wait(readingPause, new AbortController().signal)

const inWords = (duration: Ms): string => `${(duration / 1000).toFixed(2)} s`
