import { type Ms, ms, seconds } from '../../lib/time.ts'
import type { HttpOutcome, Ports } from '../../ports.ts'
import { calendarLimits } from '../ical/stretches.ts'
import type { Validators } from './store.ts'

/** What came of asking for a calendar's file; the reason is a sentence. */
export type Fetched =
  | { readonly kind: 'content'; readonly content: Uint8Array; readonly validators: Validators }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly reason: string }

/** For the whole of it, redirects included. */
const fetchMaxMs = seconds(10)
const redirectsMax = 3

/** Nothing is known yet of the file that is asked for. */
export const nothingKnown: Validators = { etag: null, lastModified: null }

/**
 * Asks for a calendar's file, unless it is as it was when the validators came. Every address on the way is one that webhooks may call.
 * Waits for the network, so no transaction may be open.
 */
export async function fetchCalendar(
  { send, clock }: Pick<Ports, 'send' | 'clock'>,
  { url: given, validators }: { readonly url: string; readonly validators: Validators },
): Promise<Fetched> {
  const startedAt = clock.monotonic()
  let url = given.replace(/^webcals?:/i, 'https:')
  for (let hop = 0; hop <= redirectsMax; hop += 1) {
    const deadlineMs: Ms = ms(Math.ceil(fetchMaxMs - (clock.monotonic() - startedAt)))
    if (deadlineMs <= 0) return failed('No answer within 10 s.')
    if (namesSomebody(url)) return failed(credentialsRefused)
    const outcome = await send.http({
      method: 'GET',
      url,
      headers: { accept: 'text/calendar, */*;q=0.5', ...conditions(validators) },
      body: null,
      deadlineMs,
      answerBytesMax: calendarLimits.bytesMax,
    })
    const next = outcome.kind === 'answered' ? redirection(outcome, url) : null
    if (next === null) return fetchedOf(outcome)
    url = next
  }
  return failed(`It is redirected more than ${redirectsMax} times.`)
}

/** Whether a URL has a user name or a password in it. */
export const namesSomebody = (url: string): boolean => /^https?:\/\/[^/?#]*@/i.test(url)

export const credentialsRefused = 'The URL contains a user name or a password. Calendars that need one cannot be followed.'

const failed = (reason: string): Fetched => ({ kind: 'failed', reason })

const conditions = ({ etag, lastModified }: Validators): Readonly<Record<string, string>> => ({
  ...(etag === null ? {} : { 'if-none-match': etag }),
  ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
})

type Answer = Extract<HttpOutcome, { kind: 'answered' }>

/** Where the answer sends on to; null: it does not. */
function redirection({ status, headers }: Answer, from: string): string | null {
  const location = headers['location']
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return null
  return URL.parse(location, from)?.href ?? null
}

function fetchedOf(outcome: HttpOutcome): Fetched {
  if (outcome.kind !== 'answered') return failed(outcome.detail)
  const { status, headers, body, truncated } = outcome
  if (status === 304) return { kind: 'unchanged' }
  if (status !== 200) return failed(`The server answered ${status}.`)
  if (truncated && body.length >= calendarLimits.bytesMax) return failed('The file is larger than 5 MiB.')
  if (truncated) return failed('The answer broke off, or took longer than 10 s.')
  const validators = { etag: shortOrNull(headers['etag']), lastModified: shortOrNull(headers['last-modified']) }
  return { kind: 'content', content: body, validators }
}

/** A validator that is sent back must be one that can be sent. */
const shortOrNull = (value: string | undefined): string | null =>
  value !== undefined && /^[\t -~]{1,500}$/.test(value) ? value : null
