import { isCredential, secretMask } from '../lib/credential.ts'
import type { HttpOutcome, MailOutcome } from '../ports.ts'
import type { Headers } from './sending/request-headers.ts'

/**
 * What a receiver answered, without the credentials that it was sent: some give back all that they get, and answers are neither sealed
 * nor shown to admins only, and go into the requests of other webhooks.
 */
export function withoutEcho<Outcome extends HttpOutcome | MailOutcome>(outcome: Outcome, sent: Headers): Outcome {
  if (outcome.kind !== 'answered') return outcome
  const secrets = secretsIn(sent)
  if (secrets.length === 0) return outcome
  const headers = Object.fromEntries(Object.entries(outcome.headers).map(([name, value]) => [name, masked(value, secrets)]))
  const body = masked(Buffer.from(outcome.body).toString('latin1'), secrets)
  return { ...outcome, headers, body: Buffer.from(body, 'latin1') }
}

/** What is shorter could be any word, such as "true", and an answer means something else without it. */
const secretMinLength = 8

/** Whatever opens something by itself, in each form in which it may come back; what contains others comes first. */
function secretsIn(sent: Headers): readonly string[] {
  const values = Object.entries(sent).flatMap(([name, value]) => (isCredential(name) ? partsOf(value) : []))
  const secrets = values.filter((value) => value.length >= secretMinLength)
  return [...new Set(secrets.flatMap(formsOf))].toSorted((a, b) => b.length - a.length)
}

/** A credential stands behind its scheme, and signatures beside each other; a password stands in base64. */
function partsOf(value: string): readonly string[] {
  const [, scheme = '', rest = ''] = /^(?:([a-z-]+) +)?(.*)$/is.exec(value) ?? []
  const words = rest.split(' ')
  const parts = [value, ...words, ...words.map((word) => word.slice(word.indexOf(',') + 1))]
  if (scheme.toLowerCase() !== 'basic') return parts
  const pair = Buffer.from(rest, 'base64').toString()
  return [...parts, pair, pair.slice(pair.indexOf(':') + 1)]
}

/** As it was sent, as JSON writes it, and as JSON of some languages does; all as bytes. */
function formsOf(secret: string): readonly string[] {
  const written = JSON.stringify(secret).slice(1, -1)
  const texts = [secret, written, written.replaceAll('/', '\\/')]
  // A header carries one byte for each character, and what reads it may write it in two; ASCII is the same in both.
  return isAscii.test(secret) ? texts : texts.flatMap((text) => [text, Buffer.from(text).toString('latin1')])
}

const isAscii = /^[\0-\x7f]*$/

const masked = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((rest, secret) => rest.replaceAll(secret, secretMask), text)
