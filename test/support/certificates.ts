import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

/** PEM texts. */
export type Certified = { readonly certificate: string; readonly key: string }

type Wanted = {
  readonly name: string
  readonly hosts?: readonly string[]
  readonly startsAt?: Date
  readonly endsAt?: Date
  /** Of the key; P-256 if left out. */
  readonly rsaBits?: number
}

export type Authority = Certified & {
  /** A certificate that it vouches for. */
  issue(wanted: Wanted): Certified
  /** An authority below it. */
  authority(name: string): Authority
}

/** An authority that vouches for itself. */
export function newAuthority(name: string): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return authorityOf(name, pair, { name, key: pair.privateKey })
}

/** A certificate that nobody else vouches for. */
export function selfSigned(wanted: Wanted): Certified {
  const pair = keyPair(wanted)
  return certified(wanted, pair, { issuer: { name: wanted.name, key: pair.privateKey }, isAuthority: false })
}

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
type Issuer = { readonly name: string; readonly key: KeyObject }

function authorityOf(name: string, pair: Pair, issuer: Issuer): Authority {
  const own: Issuer = { name, key: pair.privateKey }
  return {
    ...certified({ name }, pair, { issuer, isAuthority: true }),
    issue: (wanted) => certified(wanted, keyPair(wanted), { issuer: own, isAuthority: false }),
    authority: (below) => authorityOf(below, generateKeyPairSync('ec', { namedCurve: 'P-256' }), own),
  }
}

const keyPair = ({ rsaBits }: Wanted): Pair =>
  rsaBits === undefined
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: rsaBits })

/** X.509 version 3 (RFC 5280), as little of it as handshakes need. */
function certified(
  { name, hosts = [], startsAt = new Date(Date.now() - 86_400_000), endsAt = new Date(Date.now() + 86_400_000) }: Wanted,
  pair: Pair,
  { issuer, isAuthority }: { readonly issuer: Issuer; readonly isAuthority: boolean },
): Certified {
  const names = hosts.map((host) =>
    isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host)),
  )
  const extensions = [
    ...(isAuthority ? [extension('551d13', sequence(der(0x01, Buffer.of(0xff))))] : []),
    ...(names.length === 0 ? [] : [extension('551d11', sequence(...names))]),
  ]
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    signedBy(issuer.key),
    commonName(issuer.name),
    sequence(time(startsAt), time(endsAt)),
    commonName(name),
    pair.publicKey.export({ format: 'der', type: 'spki' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  )
  const signature = sign('sha256', body, issuer.key)
  const bytes = sequence(body, signedBy(issuer.key), der(0x03, Buffer.concat([Buffer.of(0), signature])))
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

/** A tag, a length and contents (X.690). */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents)
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const commonName = (name: string): Buffer => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))))
const extension = (id: string, value: Uint8Array): Buffer => sequence(oid(id), der(0x04, value))
const time = (at: Date): Buffer => der(0x18, Buffer.from(at.toISOString().replaceAll(/[-:T]|\.\d+/g, '')))

/** ECDSA or RSA with SHA-256. */
const signedBy = ({ asymmetricKeyType: type }: KeyObject): Buffer =>
  type === 'ec' ? sequence(oid('2a8648ce3d040302')) : sequence(oid('2a864886f70d01010b'), der(0x05))
