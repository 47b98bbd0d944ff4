import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { faultText } from '../../lib/fault-text.ts'
import { anyText, type Body, detailRefusal, fieldRefusal, optional, orNull, type Reader, readFields } from '../../lib/fields.ts'
import type { Refusal } from '../../lib/rejection.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { fromDate, type Instant, instant, isoZ } from '../../lib/time.ts'
import type { ClientTls } from '../../ports.ts'
import { secretMask } from '../../lib/credential.ts'

const pemLengthMax = 64 * 1024
/** A chain has two or three; a list of authorities is not all of those of the web. */
const certificatesMax = 50

type Known = {
  /** What the mask stands for. */
  readonly current: ClientTls | null
  readonly now: Instant
}

/**
 * The body that says how a webhook's receivers are met: with which certificate, and which of theirs are trusted. Of what is in
 * the texts only certificates and the key are kept.
 */
export function parseTls(body: Body, { current, now }: Known): Result<ClientTls, Refusal> {
  return readFields((take) => {
    const chain = take(optional(body, 'client_certificate', orNull(certificates(now))), null) ?? null
    const key = take(optional(body, 'client_key', orNull(privateKey(current))), null) ?? null
    const ca = take(optional(body, 'ca', orNull(certificates(now))), null) ?? null
    const tls: ClientTls = { certificate: chain?.text ?? null, key: key?.text ?? null, ca: ca?.text ?? null }
    return take(fitting(body, { tls, leaf: chain?.leaf ?? null, key: key?.key ?? null }), tls)
  })
}

type Parts = { readonly tls: ClientTls; readonly leaf: X509Certificate | null; readonly key: KeyObject | null }

function fitting(body: Body, { tls, leaf, key }: Parts): Result<ClientTls, Refusal> {
  const isGiven = (name: string): boolean => (body[name] ?? null) !== null
  if (isGiven('client_certificate') && !isGiven('client_key')) return no(fieldRefusal('client_key', needed))
  if (isGiven('client_key') && !isGiven('client_certificate')) return no(fieldRefusal('client_certificate', needed))
  if (!isGiven('client_certificate') && !isGiven('ca')) return no(detailRefusal(nothing))
  if (leaf !== null && key !== null && !leaf.checkPrivateKey(key))
    return no(fieldRefusal('client_key', 'The key does not belong to the first certificate.'))
  const fault = leaf === null || key === null ? null : handshakeFault(tls)
  return fault === null ? ok(tls) : no(fieldRefusal('client_certificate', `It cannot be used in a handshake: ${fault}.`))
}

/** What OpenSSL has against a chain whose parts are each in order, such as a weak key behind the first; null: nothing. */
function handshakeFault({ certificate, key }: ClientTls): string | null {
  try {
    createSecureContext({ cert: certificate ?? '', key: key ?? '' })
    return null
  } catch (fault) {
    return fault instanceof Error && 'reason' in fault ? String(fault.reason) : faultText(fault)
  }
}

const needed = 'The certificate and its key are sent together.'
const nothing = 'Send client_certificate and client_key, or ca, or all of them. DELETE takes them away.'

/** When the first of some certificates in PEM ends. */
export function endOf(pem: string): Instant {
  return instant(Math.min(...blocksOf(pem).map((block) => fromDate(new X509Certificate(block).validToDate))))
}

const blocksOf = (pem: string): readonly string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? []

type Certificates = { readonly text: string; readonly leaf: X509Certificate }

const certificates =
  (now: Instant): Reader<Certificates> =>
  (value) => {
    const read = anyText(pemLengthMax)(value)
    if (!read.ok) return read
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(read.value)) return no('There is a private key in it, which would be shown.')
    const blocks = blocksOf(read.value)
    if (blocks.length > certificatesMax) return no(`There may be at most ${certificatesMax} certificates.`)
    const found = blocks.map(certificateIn)
    const [leaf] = found
    if (leaf === undefined || leaf === null) return no(noCertificate)
    for (const certificate of found) {
      if (certificate === null) return no(noCertificate)
      const end = fromDate(certificate.validToDate)
      if (end <= now) return no(`The certificate of "${nameOf(certificate)}" has expired at ${isoZ(end)}.`)
    }
    return ok({ text: `${blocks.join('\n')}\n`, leaf })
  }

const noCertificate = 'This is no certificate in PEM form (-----BEGIN CERTIFICATE-----).'

function certificateIn(block: string): X509Certificate | null {
  try {
    return new X509Certificate(block)
  } catch {
    return null
  }
}

const nameOf = ({ subject }: X509Certificate): string => (subject ?? '').replaceAll('\n', ', ')

type Key = { readonly text: string; readonly key: KeyObject }

const privateKey =
  (current: ClientTls | null): Reader<Key> =>
  (value) => {
    const read = anyText(pemLengthMax)(value)
    if (!read.ok) return read
    const isMask = read.value === secretMask
    if (isMask && (current === null || current.key === null)) return no('There is no key yet that the mask could stand for.')
    const text = isMask ? (current?.key ?? '') : read.value
    if (/ENCRYPTED/.test(text)) return no('The key is encrypted: send it without a passphrase.')
    const key = keyIn(text)
    if (key === null) return no('This is no private key in PEM form (-----BEGIN PRIVATE KEY-----).')
    return isStrong(key) ? ok({ text: key.export({ type: 'pkcs8', format: 'pem' }).toString(), key }) : no(weak)
  }

function keyIn(text: string): KeyObject | null {
  try {
    return createPrivateKey(text)
  } catch {
    return null
  }
}

const weak = 'The key must be RSA of 2048 to 8192 bits, on one of the curves P-256, P-384 and P-521, or Ed25519.'

function isStrong({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = '' } = details ?? {}
  if (type === 'rsa') return modulusLength >= 2048 && modulusLength <= 8192
  return type === 'ed25519' || (type === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve))
}
