import { known } from '../lib/check.ts'
import { StartFault } from '../lib/start-fault.ts'
import { type Ms, ms } from '../lib/time.ts'
import type { Clock } from '../ports.ts'
import { type Fetch, json } from './client.ts'
import { acknowledgeLink, type Mail } from './mailbox.ts'
import { triggerOf } from './receiver.ts'
import type { Person, Sample, Source } from './sample.ts'
import type { Scene } from './scene.ts'
import { alertmanagerBody } from './signals.ts'
import type { Teller } from './teller.ts'

export type Stage = {
  readonly sample: Sample
  readonly scene: Scene
  readonly teller: Teller
  readonly clock: Clock
  readonly fetch: Fetch
}

/** What the person who watches needs to read a page, and the person who is paged as well. */
const readingPause = ms(1500)

/** An alert, a page, somebody who takes over, a webhook; and the end of it. */
export async function alertmanagerAct(stage: Stage): Promise<void> {
  const { sample, scene, teller, clock } = stage
  const { prometheus, ben } = sample
  const title = 'DiskFull (db-1)'
  teller.heading('A disk runs full')

  const sentAt = clock.monotonic()
  await sendAlert(stage, prometheus, {
    words: `${title} is firing`,
    body: alertmanagerBody({ status: 'firing', at: clock.now() }),
  })
  const page = await scene.until('the page', () => scene.mails.find((mail) => isAbout(mail, { person: ben, title })))
  const pagedMs = ms(clock.monotonic() - sentAt)
  await pauseToRead(clock)

  const pressedAt = await acknowledge(stage, ben, page)
  await scene.until('the webhook', () => scene.hooks.find((hook) => triggerOf(hook) === 'acknowledge'))
  const hookedMs = ms(clock.monotonic() - pressedAt)
  await pauseToRead(clock)

  await sendAlert(stage, prometheus, {
    words: `${title} is resolved`,
    body: alertmanagerBody({ status: 'resolved', at: clock.now() }),
  })
  await scene.until('the webhook', () => scene.hooks.find((hook) => triggerOf(hook) === 'resolve'))
  teller.heading(`alert  ->  page after ${inWords(pagedMs)}  ->  acknowledged  ->  webhook after ${inWords(hookedMs)}`)
}

async function sendAlert(
  { teller, fetch }: Stage,
  { actor, link }: Source,
  { words, body }: { readonly words: string; readonly body: object },
): Promise<void> {
  teller.line(actor, `says that ${words}`)
  const answer = await fetch(link, { method: 'POST', headers: json, body: JSON.stringify(body) })
  if (!answer.ok) throw new StartFault(`The demo's alert was answered ${answer.status}: ${await answer.text()}`)
}

/** Follows the link of the e-mail as a person does: opening it changes nothing, the button on the page behind it acts. */
async function acknowledge({ teller, clock, fetch }: Stage, { actor }: Person, page: Mail): Promise<Ms> {
  const link = known(acknowledgeLink(page), 'a page has a link to acknowledge')
  const opened = await (await fetch(link)).text()
  const button = known(/<button[^>]*>([^<]+)<\/button>/.exec(opened)?.[1], 'the page behind the link has a button')
  teller.line(actor, `opens the link, and presses the button on the page: ${button}`)
  const pressedAt = clock.monotonic()
  await fetch(link, { method: 'POST' })
  return pressedAt
}

const isAbout = ({ to, subject }: Mail, { person, title }: { readonly person: Person; readonly title: string }): boolean =>
  to === person.email && subject.includes(title)

const pauseToRead = (clock: Clock): Promise<void> => clock.wait(readingPause, new AbortController().signal)

const inWords = (duration: Ms): string => `${(duration / 1000).toFixed(2)} s`
