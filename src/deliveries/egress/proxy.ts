import { no, ok, type Result } from '../../lib/result.ts'

/** The operator's proxy (HTTP CONNECT) through which everything leaves that goes by HTTP. */
export type EgressProxy = {
  readonly isSecure: boolean
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
  /** The value of `Proxy-Authorization`; null: the proxy asks for none. */
  readonly authorization: string | null
}

/** Reads WATCHBELL_EGRESS_PROXY. The reason says what is wrong, and never shows the text, which may have a password in it. */
export function parseEgressProxy(text: string): Result<EgressProxy, string> {
  const url = URL.parse(text)
  if (url === null) return no('is no URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return no('is no URL that begins with http:// or https://')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return no('has more than a host and a port')
  const isSecure = url.protocol === 'https:'
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  return ok({ isSecure, host, port, authorization: authorizationOf(url) })
}

function authorizationOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null
  const credentials = `${decoded(username)}:${decoded(password)}`
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

/** A percent sign that begins no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
