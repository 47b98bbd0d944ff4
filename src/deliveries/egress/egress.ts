import { BlockList, isIP } from 'node:net'
import { known } from '../../lib/check.ts'
import { no, ok, type Result } from '../../lib/result.ts'
import { isHostName, type AllowEntry, type EgressAllow } from './allow.ts'

/** Where requests may go: the default rules, what the operator opened, and where this server itself lives. */
export type EgressPolicy = {
  readonly allow: EgressAllow
  readonly own: Receiver & { readonly pathPrefix: string }
  readonly lists: AddressLists
}

/** Who is at the other end of a connection. */
export type Receiver = {
  /** A name in lower case without a dot at its end, or an address without brackets. */
  readonly host: string
  readonly port: number
}

/** A URL that passed the rules, taken apart once; nothing is read from its text again. */
export type EgressTarget = Receiver & {
  /** Scheme, host and port; the port is left out when it is the scheme's own. */
  readonly origin: string
  /** Path and query. The fragment stays here. */
  readonly path: string
  /** False for an address in the URL: there is nothing to look up, and the address has passed. */
  readonly isName: boolean
}

/** The policy of a process; built once, because the lists cost more than a judgement. */
export function egressPolicy(allow: EgressAllow, ownBaseUrl: string): EgressPolicy {
  const own = known(URL.parse(ownBaseUrl), 'the base URL was checked with the settings')
  return { allow, own: { ...receiverOf(own), pathPrefix: own.pathname.replace(/\/+$/, '') }, lists: addressLists() }
}

/**
 * Judges a URL as it is written: scheme, userinfo, control characters, lengths, form of the host, port, and an address
 * in place of a name. A name must pass `judgeAddresses` at every connection too. The reason is a sentence for users.
 */
export function judgeUrl(text: string, policy: EgressPolicy): Result<EgressTarget, string> {
  const judged = sortUrl(text, policy)
  return judged.ok ? judged : no(judged.reason.sentence)
}

/** Why a URL is not called: it is none, it leads back to this server, or the address, name or port is not open. */
export type UrlFault = { readonly kind: 'malformed' | 'own' | 'closed'; readonly sentence: string }

/** Judges a URL like `judgeUrl`, and says of what sort the fault is. */
export function sortUrl(text: string, policy: EgressPolicy): Result<EgressTarget, UrlFault> {
  const parsed = parseUrl(text)
  if (!parsed.ok) return no({ kind: 'malformed', sentence: parsed.reason })
  const url = parsed.value
  const receiver = receiverOf(url)
  const isName = isIP(receiver.host) === 0
  if (isName && !isHostName(receiver.host)) return no({ kind: 'malformed', sentence: reasons.host })
  const openings = policy.allow.filter((entry) => coversHost(entry, receiver) && opensPort(entry, receiver.port))
  if (openings.length === 0 && !isOrdinaryPort(receiver.port)) return no({ kind: 'closed', sentence: reasons.port(receiver) })
  if (openings.length === 0 && isName && !isPublicName(receiver.host)) return no({ kind: 'closed', sentence: reasons.name })
  if (isOwn(url, receiver, policy) && !openings.some(namesExactly)) return no({ kind: 'own', sentence: reasons.own })
  if (!isName && !isReachable(receiver.host, receiver, policy)) return no({ kind: 'closed', sentence: reasons.address })
  return ok({ ...receiver, origin: url.origin, path: url.pathname + url.search, isName })
}

/**
 * Judges what the look-up of a name answered. One bad address refuses the host as a whole, because an attacker who
 * controls some answers must not choose among them. On success the addresses are exactly those that were given, and
 * the connection must go to one of them without another look-up. No address at all is refused too.
 */
export function judgeAddresses(
  receiver: Receiver,
  addresses: readonly string[],
  policy: EgressPolicy,
): Result<readonly string[], string> {
  if (addresses.length === 0) return no('The host name has no address.')
  return addresses.every((address) => isReachable(address, receiver, policy)) ? ok(addresses) : no(reasons.address)
}

/** What requests for a URL have as their `host`; empty for what is none. */
export function hostIn(text: string): string {
  const parsed = parseUrl(text)
  return parsed.ok ? parsed.value.host : ''
}

/** Host and port of a parsed URL. */
export function receiverOf(url: URL): Receiver {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return { host, port: url.port === '' ? defaultPort(url.protocol) : Number(url.port) }
}

/** The texts never say which address was found or whether something answers there: they would map the inner network. */
const reasons = {
  host: 'The host of the URL is not a valid host name.',
  address:
    'The receiver has a private, local or reserved address, which this server does not call. ' +
    'An operator can allow its host or network with WATCHBELL_EGRESS_ALLOW.',
  name:
    'The host of the URL is not a public name, and this server does not call it. ' +
    'An operator can allow it with WATCHBELL_EGRESS_ALLOW.',
  own: 'The URL leads back to this server. An operator can allow that by naming the host in WATCHBELL_EGRESS_ALLOW.',
  port: ({ host, port }: Receiver): string =>
    `Port ${port} is not one that this server calls. ` +
    `An operator can allow it with the entry ${isIP(host) === 6 ? `[${host}]` : host}:${port} in WATCHBELL_EGRESS_ALLOW.`,
} as const

const urlMaxLength = 2048

/** The strict form comes first: the parser itself forgives tabs, backslashes and missing slashes. */
function parseUrl(text: string): Result<URL, string> {
  if (text.length > urlMaxLength) return no(`The URL is longer than ${urlMaxLength} characters.`)
  if (/[\p{Cc}\\]/u.test(text)) return no('The URL contains a control character or a backslash.')
  if (!/^https?:/i.test(text)) return no('The URL must start with http:// or https://.')
  const url = /^https?:\/\/[^/]/i.test(text) ? URL.parse(text) : null
  if (url === null) return no('The URL is not valid.')
  if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/?#]*@/i.test(text)) {
    return no('The URL contains a user name or a password. Use the authorization fields instead.')
  }
  // The dot at the end of an absolute name is not part of the name that certificates and virtual hosts know.
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1)
  return ok(url)
}

const specialDomains = ['localhost', 'local', 'internal', 'home.arpa', 'onion', 'invalid', 'test']

function isPublicName(host: string): boolean {
  return host.includes('.') && !specialDomains.some((domain) => host === domain || host.endsWith(`.${domain}`))
}

/** From 1024 on, those that the fetch standard calls bad ports: other protocols that can be talked to by HTTP. */
const badPorts = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]

function isOrdinaryPort(port: number): boolean {
  return port === 80 || port === 443 || (port >= 1024 && !badPorts.includes(port))
}

function opensPort(entry: AllowEntry, port: number): boolean {
  return entry.port === null ? isOrdinaryPort(port) : entry.port === port
}

function coversHost(entry: AllowEntry, { host }: Receiver): boolean {
  if (entry.kind === 'host') return entry.host === host
  if (entry.kind === 'suffix') return host.endsWith(entry.suffix)
  return coversAddress(entry, host)
}

function coversAddress(entry: AllowEntry & { readonly kind: 'network' }, address: string): boolean {
  // A BlockList finds every IPv4 address in ::/0, so an entry is asked about addresses of its own family only.
  return entry.family === familyOf(address) && entry.network.check(address, entry.family)
}

/** An entry that is wide enough for receivers in general was not written to open a loop. */
function namesExactly(entry: AllowEntry): boolean {
  return entry.kind === 'host' || (entry.kind === 'network' && entry.isOneAddress)
}

/** The schemes' own ports count as one, since a proxy in front usually serves both. */
function isOwn(url: URL, { host, port }: Receiver, { own }: EgressPolicy): boolean {
  const isSamePort = port === own.port || ([80, 443].includes(port) && [80, 443].includes(own.port))
  return host === own.host && isSamePort && `${url.pathname}/`.startsWith(`${own.pathPrefix}/`)
}

/** Whether this address may be called for the sake of this receiver. */
function isReachable(address: string, receiver: Receiver, policy: EgressPolicy): boolean {
  const family = familyOf(address)
  if (family === null) return false
  if (family === 'ipv6') {
    const groups = groupsOf(address)
    if (wrapsIpv4(groups)) return false
    if (isNat64(groups)) return isReachable(lastIpv4(groups), receiver, policy)
  }
  return (
    isPublicAddress(address, policy.lists) || policy.allow.some((entry) => opensAddress(entry, address, { receiver, policy }))
  )
}

type Case = { readonly receiver: Receiver; readonly policy: EgressPolicy }

function opensAddress(entry: AllowEntry, address: string, { receiver, policy }: Case): boolean {
  if (!opensPort(entry, receiver.port)) return false
  if (entry.kind === 'network') return coversAddress(entry, address)
  return coversHost(entry, receiver) && !isListed(policy.lists.neverByName, address)
}

function isPublicAddress(address: string, lists: AddressLists): boolean {
  if (isListed(lists.reserved, address)) return false
  if (isIP(address) === 4) return true
  const groups = groupsOf(address)
  return isListed(lists.unicast, address) && !(groups[5] === 0x5efe && (groups[4] === 0 || groups[4] === 0x200))
}

type AddressLists = { readonly reserved: BlockList; readonly unicast: BlockList; readonly neverByName: BlockList }

/** From IANA's special-purpose registries for IPv4 and IPv6, and the metadata services of clouds outside of them. */
const reserved =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 ' +
  '192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ' +
  '2001::/23 2001:db8::/32 2002::/16 3fff::/20'

/** IPv6 is closed outside of what has been given out as global unicast. */
const unicast = '2000::/3'

/**
 * What no receiver has. Metadata services give out credentials, and on some clouds they have names such as
 * metadata.google.internal: whoever opens `*.internal` did not mean them. A CIDR that contains them opens them.
 */
const neverByName =
  '0.0.0.0/8 100.100.100.200/32 168.63.129.16/32 169.254.0.0/16 192.0.0.0/24 224.0.0.0/4 240.0.0.0/4 ' +
  'fd00:ec2::/32 fd20:ce::254/128 fd00:c1::a9fe:a9fe/128 fd00:42::42/128 fd00:a9fe:a9fe::1/128 fd00:100::100:200/128 fe80::/10 ff00::/8'

function addressLists(): AddressLists {
  return { reserved: blockList(reserved), unicast: blockList(unicast), neverByName: blockList(neverByName) }
}

function blockList(cidrs: string): BlockList {
  const list = new BlockList()
  for (const cidr of cidrs.split(' ')) {
    const [network = '', prefix = ''] = cidr.split('/')
    list.addSubnet(network, Number(prefix), isIP(network) === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

function isListed(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

/** Null for what is no address, and for an address with a zone, which is never a receiver's. */
function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(address)
  if (version === 0 || address.includes('%')) return null
  return version === 4 ? 'ipv4' : 'ipv6'
}

/** The eight groups of an IPv6 address. The URL parser brings any spelling into the one short form. */
function groupsOf(address: string): readonly number[] {
  const short = known(URL.parse(`http://[${address}]/`), 'what isIP calls an IPv6 address is one in a URL').hostname.slice(1, -1)
  const [before = '', after = ''] = short.split('::')
  const left = before === '' ? [] : before.split(':')
  const right = after === '' ? [] : after.split(':')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
}

/** IPv4-compatible (::/96, but for ::1), mapped (::ffff:0:0/96) and translated (::ffff:0:0:0/96) addresses. */
function wrapsIpv4(groups: readonly number[]): boolean {
  const [a, b, c, d, e, f, g, h] = groups
  if (a !== 0 || b !== 0 || c !== 0 || d !== 0) return false
  const isLoopback = e === 0 && f === 0 && g === 0 && h === 1
  return !isLoopback && ((e === 0 && (f === 0 || f === 0xffff)) || (e === 0xffff && f === 0))
}

/** 64:ff9b::/96 (RFC 6052): where a network without IPv4 reaches the IPv4 address in the last two groups. */
function isNat64([a, b, c, d, e, f]: readonly number[]): boolean {
  return a === 0x64 && b === 0xff9b && c === 0 && d === 0 && e === 0 && f === 0
}

function lastIpv4(groups: readonly number[]): string {
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.')
}

function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80
}
