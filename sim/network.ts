import { noPhases } from '../src/deliveries/sending/phases.ts'
import { after, between, type Instant, type Ms, ms } from '../src/lib/time.ts'
import type { HttpOutcome, HttpRequest, Mail, MailOutcome, Send } from '../src/ports.ts'
import { never } from './database.ts'
import type { Faults, Treatment } from './faults.ts'
import type { Records, Sending } from './record.ts'
import type { Life, World } from './world.ts'

type NetworkOptions = {
  readonly world: World
  readonly faults: Pick<Faults, 'onTheWayOut' | 'freezeAtSending'>
  readonly records: Records
  /** Called when the mail server has an e-mail, and when one is on its way. */
  readonly onMail: (mail: Sending, moment: 'sent' | 'received') => void
}

/** The way out of one life of a process: to receivers that are virtual, and as bad as the seed wants. */
export function networkOf({ world, faults, records, onMail }: NetworkOptions, life: Life): Send {
  const send = (sending: Sending, deadlineMs: Ms): Promise<Travelled> => {
    if (!life.alive) return never()
    records.sendings.push(sending)
    const treatment = faults.onTheWayOut(sending.kind === 'mail' ? 'mail' : new URL(sending.target).hostname, world.now())
    world.note(life, `sends ${sending.kind} ${sending.messageId} to ${sending.target}: ${wordsOf(treatment)}`)
    if (sending.kind === 'mail') onMail(sending, 'sent')
    const frozenMs = faults.freezeAtSending()
    if (frozenMs > 0) world.freeze(life, frozenMs)
    const onArrival = (): void => {
      if (sending.kind === 'mail' && sending.answer === 'taken') onMail(sending, 'received')
    }
    return travel(world, { sending, treatment, deadlineMs, onArrival })
  }
  return {
    http: async (request) => {
      const startedAt = world.now()
      const travelled = await send(httpSending(life, startedAt, request), request.deadlineMs)
      return httpOutcome(travelled, between(startedAt, world.now()))
    },
    mail: async (mail) => {
      const startedAt = world.now()
      const travelled = await send(mailSending(life, startedAt, mail), mail.deadlineMs)
      return mailOutcome(travelled, between(startedAt, world.now()))
    },
  }
}

/** What the sender hears: an answer, or why there is none. */
type Travelled = Pick<Answered, 'status' | 'retryAfter' | 'wish'> | { readonly fault: 'timeout' | 'connect' }
type Answered = Extract<Treatment, { kind: 'answered' }>

type Travel = {
  readonly sending: Sending
  readonly treatment: Treatment
  readonly deadlineMs: Ms
  readonly onArrival: () => void
}

/** The request arrives although its sender may be dead by then; the answer finds only the living. */
function travel(world: World, { sending, treatment, deadlineMs, onArrival }: Travel): Promise<Travelled> {
  const { life, at } = sending
  const heard = (when: Instant, travelled: Travelled): Promise<Travelled> =>
    new Promise((resolve) => {
      const run = (): void => {
        sending.heardAt = world.now()
        resolve(travelled)
      }
      world.plan({ at: when, life, what: `hears of ${sending.messageId}`, run })
    })
  const arrives = (afterMs: Ms, answer: Sending['answer'], isLast: boolean): void => {
    const run = (): void => {
      sending.receivedAt = world.now()
      sending.answer = answer
      sending.isLast = isLast
      onArrival()
    }
    world.plan({ at: after(at, afterMs), life: null, what: `${sending.messageId} arrives`, run })
  }
  switch (treatment.kind) {
    case 'down':
      return heard(after(at, ms(5)), { fault: 'connect' })
    case 'lost':
      return heard(after(at, deadlineMs), { fault: 'timeout' })
    case 'answer lost':
      arrives(treatment.afterMs, 'taken', false)
      return heard(after(at, deadlineMs), { fault: 'timeout' })
    case 'answered': {
      const { status, retryAfter, wish, afterMs } = treatment
      arrives(afterMs, answerOf(treatment), status === 410 || wish === 'disable')
      return heard(after(at, ms(afterMs + 1)), { status, retryAfter, wish })
    }
  }
}

function answerOf({ status, wish }: Answered): Sending['answer'] {
  if (status < 300) return 'taken'
  return wish !== null || status === 410 || status === 550 ? 'refused' : 'failed'
}

function httpSending(life: Life, at: Instant, { url, headers, body }: HttpRequest): Sending {
  const messageId = headers['webhook-id'] ?? ''
  const text = body === null ? '' : Buffer.from(body).toString()
  const isTest = headers['webhook-test'] === 'true'
  return { ...unheard, kind: 'http', life, messageId, target: url, body: text, at, isTest }
}

function mailSending(life: Life, at: Instant, mail: Mail): Sending {
  const raw = Buffer.from(mail.raw).toString()
  const messageId = /^Message-ID: <([^@>]+)@/im.exec(raw)?.[1] ?? ''
  return { ...unheard, kind: 'mail', life, messageId, target: mail.to, body: raw, at, isTest: false }
}

const unheard = { receivedAt: null, answer: 'none', heardAt: null, isLast: false } as const

function httpOutcome(travelled: Travelled, durationMs: Ms): HttpOutcome {
  if ('fault' in travelled)
    return {
      kind: 'no-answer',
      fault: travelled.fault,
      detail: 'as the seed wants it',
      isSent: travelled.fault !== 'connect',
      address: null,
      phases: noPhases,
      durationMs,
    }
  const { status, retryAfter, wish } = travelled
  return {
    kind: 'answered',
    status,
    headers: {
      ...(wish === null ? {} : { 'webhook-delivery': wish }),
      ...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
    },
    body: Buffer.from(`{"status":${status}}`),
    truncated: false,
    address: '192.0.2.1',
    phases: noPhases,
    durationMs,
  }
}

function mailOutcome(travelled: Travelled, durationMs: Ms): MailOutcome {
  if ('fault' in travelled) return { kind: 'deferred', detail: travelled.fault, durationMs }
  const { status } = travelled
  if (status === 200) return { kind: 'accepted', response: '250 queued', durationMs }
  if (status === 550) return { kind: 'rejected', detail: '550 no such user', durationMs }
  return { kind: 'deferred', detail: `450 like ${status}`, durationMs }
}

function wordsOf(treatment: Treatment): string {
  return treatment.kind === 'answered' ? String(treatment.status) : treatment.kind
}
