import { BlockList, isIP } from 'node:net'
import { no, ok, type Result } from '../../lib/result.ts'

/** What the operator opened beyond the default rules, in the order in which it was written. */
export type EgressAllow = readonly AllowEntry[]

/** `port` null means the ports that every receiver may use; a number means that port and no other. */
export type AllowEntry =
  | { readonly kind: 'host'; readonly host: string; readonly port: number | null }
  /** The suffix starts with a dot, so that the domain itself is not part of it. */
  | { readonly kind: 'suffix'; readonly suffix: string; readonly port: number | null }
  | {
      readonly kind: 'network'
      readonly family: 'ipv4' | 'ipv6'
      readonly network: BlockList
      readonly isOneAddress: boolean
      readonly port: number | null
    }

/**
 * Reads WATCHBELL_EGRESS_ALLOW: a comma list of CIDRs, addresses, hosts and `*.suffix`; all but a CIDR may carry a port
 * (`receiver:8080`, `[fd00::1]:8080`). Empty text opens nothing. The reason names the entry that is wrong.
 *
 * A host or suffix opens the names it covers, whatever private address they lead to. A CIDR or address opens addresses,
 * written in the URL or found by the look-up of any public name, but it opens no names.
 */
export function parseEgressAllow(text: string): Result<EgressAllow, string> {
  const entries: AllowEntry[] = []
  for (const written of text.split(',').map((part) => part.trim())) {
    if (written === '') continue
    const entry = written.includes('/') ? parseCidr(written) : parsePlace(written)
    if (entry === null) return no(`"${written}" is neither a CIDR (10.0.0.0/8), an address, a host, host:port nor *.suffix`)
    entries.push(entry)
  }
  return ok(entries)
}

/** Whether the text, in the form in which a parsed URL has it, can be a name in the DNS (RFC 1035 2.3.4; `_` is in use). */
export function isHostName(host: string): boolean {
  return host.length <= 253 && /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(host)
}

function parseCidr(written: string): AllowEntry | null {
  const [address = '', prefix = '', ...rest] = written.split('/')
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return null
  return networkEntry({ address, prefix: Number(prefix), port: null })
}

function parsePlace(written: string): AllowEntry | null {
  if (isIP(written) !== 0) return addressEntry(written, null)
  const parts = /^(\[[^[\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(written)
  const place = parts?.[1]
  const port = parts?.[2] === undefined ? null : Number(parts[2])
  if (place === undefined || port === 0 || (port !== null && port > 65_535)) return null
  if (place.startsWith('[')) return addressEntry(place.slice(1, -1), port)
  if (isIP(place) === 4) return addressEntry(place, port)
  const isSuffix = place.startsWith('*.')
  const host = canonicalName(isSuffix ? place.slice(2) : place)
  if (host === null) return null
  return isSuffix ? { kind: 'suffix', suffix: `.${host}`, port } : { kind: 'host', host, port }
}

/** The name as a parsed URL has it: lower case, punycode, no dot at the end. Null when it is an address in disguise. */
function canonicalName(name: string): string | null {
  if (/[\s/?#@%\\]/.test(name)) return null
  const host = URL.parse(`http://${name}/`)?.hostname.replace(/\.$/, '') ?? ''
  return isHostName(host) && isIP(host) === 0 ? host : null
}

function addressEntry(address: string, port: number | null): AllowEntry | null {
  return networkEntry({ address, prefix: isIP(address) === 4 ? 32 : 128, port })
}

type Network = { readonly address: string; readonly prefix: number; readonly port: number | null }

function networkEntry({ address, prefix, port }: Network): AllowEntry | null {
  const version = isIP(address)
  const longest = version === 4 ? 32 : 128
  if (version === 0 || address.includes('%') || prefix > longest) return null
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const network = new BlockList()
  network.addSubnet(address, prefix, family)
  return { kind: 'network', family, network, isOneAddress: prefix === longest, port }
}
