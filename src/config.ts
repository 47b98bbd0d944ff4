import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { parse as parseConnectionUrl } from 'pg-connection-string'
import { isToken } from './accounts/token.ts'
import { isEmail } from './accounts/user.ts'
import { type EgressAllow, parseEgressAllow } from './deliveries/egress/allow.ts'
import { type EgressProxy, parseEgressProxy } from './deliveries/egress/proxy.ts'
import { nearest } from './lib/nearest.ts'
import { secretKeyOf } from './lib/secret-key.ts'
import { StartFault } from './lib/start-fault.ts'

/** The settings of one process, checked. */
export type Config = {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** The public URL, without a slash at its end; may have a path prefix. */
  readonly baseUrl: string
  /** Null: the embedded database in the data directory. */
  readonly databaseUrl: string | null
  readonly dataDir: string
  /** Null: the key that is kept in the data directory. Never null with a database of one's own. */
  readonly secretKey: Uint8Array | null
  readonly bootstrap: { readonly token: string; readonly email: string } | null
  readonly egressAllow: EgressAllow
  /** Null: requests leave without one. */
  readonly egressProxy: EgressProxy | null
  /** Authorities in PEM that are trusted beside the usual ones; null: there are none. */
  readonly egressCa: string | null
  /** Null: no e-mail can be sent. */
  readonly smtpUrl: string | null
  /** An address, or a name and an address in angle brackets. */
  readonly mailFrom: string
  readonly logLevel: LogLevel
  /** How long what was sent, attempts and dead deliveries are kept. */
  readonly deliveryLogDays: number
}

const logLevels = ['debug', 'info', 'warn', 'error'] as const
type LogLevel = (typeof logLevels)[number]

type Environment = Readonly<Record<string, string | undefined>>

const names = [
  'WATCHBELL_HOST',
  'WATCHBELL_PORT',
  'WATCHBELL_BASE_URL',
  'WATCHBELL_DATABASE_URL',
  'WATCHBELL_DATA_DIR',
  'WATCHBELL_SECRET_KEY',
  'WATCHBELL_BOOTSTRAP_TOKEN',
  'WATCHBELL_BOOTSTRAP_EMAIL',
  'WATCHBELL_EGRESS_ALLOW',
  'WATCHBELL_EGRESS_PROXY',
  'WATCHBELL_EGRESS_CA_FILE',
  'WATCHBELL_SMTP_URL',
  'WATCHBELL_MAIL_FROM',
  'WATCHBELL_LOG_LEVEL',
  'WATCHBELL_DELIVERY_LOG_DAYS',
] as const
type Name = (typeof names)[number]

/** The launcher's own sign, and the tests'. */
const notOurs = /^WATCHBELL_(?:RELAUNCHED$|TEST_)/

/**
 * Reads the settings from the environment; a value of nothing counts as unset. The first bad value is a `StartFault` of
 * one line, which never shows a secret.
 */
export function readConfig(env: Environment): Config {
  const host = read(env, 'WATCHBELL_HOST') ?? '127.0.0.1'
  const port = parsed(env, 'WATCHBELL_PORT', parsePort) ?? 8080
  const baseUrl = parsed(env, 'WATCHBELL_BASE_URL', parseBaseUrl) ?? ownUrl(host, port)
  const databaseUrl = parsed(env, 'WATCHBELL_DATABASE_URL', parseDatabaseUrl)
  const secretKey = parsed(env, 'WATCHBELL_SECRET_KEY', parseSecretKey)
  if (databaseUrl !== null && secretKey === null)
    throw fault('WATCHBELL_SECRET_KEY', 'is not set, but WATCHBELL_DATABASE_URL needs it: every node must know the same key')
  return Object.freeze({
    host,
    port,
    baseUrl,
    databaseUrl,
    dataDir: read(env, 'WATCHBELL_DATA_DIR') ?? './data',
    secretKey,
    bootstrap: bootstrapOf(env),
    egressAllow: parsed(env, 'WATCHBELL_EGRESS_ALLOW', parseAllowed) ?? [],
    egressProxy: parsed(env, 'WATCHBELL_EGRESS_PROXY', parseProxy),
    egressCa: parsed(env, 'WATCHBELL_EGRESS_CA_FILE', readAuthorities),
    smtpUrl: parsed(env, 'WATCHBELL_SMTP_URL', parseSmtpUrl),
    mailFrom: parsed(env, 'WATCHBELL_MAIL_FROM', parseMailFrom) ?? `Watchbell <watchbell@${mailDomain(baseUrl)}>`,
    logLevel: parsed(env, 'WATCHBELL_LOG_LEVEL', parseLogLevel) ?? 'info',
    deliveryLogDays: parsed(env, 'WATCHBELL_DELIVERY_LOG_DAYS', parseDeliveryLogDays) ?? 30,
  })
}

/** The settings once the system has chosen the port: the public URL follows, unless it was set. */
export function withPort(config: Config, port: number): Config {
  const { host, baseUrl } = config
  const isOwn = baseUrl === ownUrl(host, config.port)
  return Object.freeze({ ...config, port, baseUrl: isOwn ? ownUrl(host, port) : baseUrl })
}

/** A sentence for each variable that looks like ours and is not: a typing error would cost a night. */
export function configWarnings(env: Environment): readonly string[] {
  const unknown = Object.keys(env).filter((name) => name.startsWith('WATCHBELL_') && !notOurs.test(name) && !isKnown(name))
  return unknown.map((name) => {
    const meant = nearest(name, names, 4)
    return `${name} is no setting of Watchbell${meant === null ? '' : `; did you mean ${meant}?`}`
  })
}

const isKnown = (name: string): boolean => names.some((known) => known === name)

const examples: Readonly<Record<Name, string>> = {
  WATCHBELL_HOST: '0.0.0.0',
  WATCHBELL_PORT: '8080',
  WATCHBELL_BASE_URL: 'https://oncall.example.com',
  WATCHBELL_DATABASE_URL: 'postgres://watchbell:PASSWORD@db.example.com/watchbell',
  WATCHBELL_DATA_DIR: '/var/lib/watchbell',
  WATCHBELL_SECRET_KEY: '$(openssl rand -hex 32)',
  WATCHBELL_BOOTSTRAP_TOKEN: '$(openssl rand -hex 32)',
  WATCHBELL_BOOTSTRAP_EMAIL: 'admin@example.com',
  WATCHBELL_EGRESS_ALLOW: '10.1.0.0/16,receiver:8080,*.internal',
  WATCHBELL_EGRESS_PROXY: 'http://proxy.example.com:4750',
  WATCHBELL_EGRESS_CA_FILE: '/etc/watchbell/ca.pem',
  WATCHBELL_SMTP_URL: 'smtps://user:PASSWORD@mail.example.com',
  WATCHBELL_MAIL_FROM: 'watchbell@example.com',
  WATCHBELL_LOG_LEVEL: 'info',
  WATCHBELL_DELIVERY_LOG_DAYS: '30',
}

const fault = (name: Name, what: string): StartFault => new StartFault(`${name} ${what}. Example: ${name}=${examples[name]}`)

function read(env: Environment, name: Name): string | null {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? null : value
}

/** Answers with what is wrong, as the end of a sentence that begins with the variable's name. */
type Fault = { readonly wrong: string }
const wrong = (what: string): Fault => ({ wrong: what })
const isFault = (value: object): value is Fault => 'wrong' in value

type Parse<Value> = (text: string) => { readonly value: Value } | Fault

function parsed<Value>(env: Environment, name: Name, parse: Parse<Value>): Value | null {
  const text = read(env, name)
  if (text === null) return null
  const answer = parse(text)
  if (isFault(answer)) throw fault(name, answer.wrong)
  return answer.value
}

const parsePort: Parse<number> = (text) =>
  /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? { value: Number(text) } : wrong(`is "${text}", which is no port number`)

/** What the server keeps for itself: a prefix that begins so could not be told from a path. */
const ownPaths = ['api', 'integrations', 'integration', 'v2', 'generic', 'auth', 'r', 'health', 'metrics', 'setup', 'assets']

const parseBaseUrl: Parse<string> = (text) => {
  const url = URL.parse(text)
  if (url === null) return wrong(`is "${text}", which is no URL`)
  if (url.username !== '' || url.password !== '') return wrong('has a user name or password, which belongs in no public URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return wrong(`is "${text}", which is neither http:// nor https://`)
  if (url.search !== '' || url.hash !== '') return wrong(`is "${text}", which has more than a host and a path`)
  const path = url.pathname.replace(/\/+$/, '')
  const [, first = ''] = path.split('/', 2)
  if (ownPaths.includes(first)) return wrong(`is "${text}", but paths that begin with /${first} are Watchbell's own`)
  return { value: url.origin + path }
}

const parseDatabaseUrl: Parse<string> = (text) => {
  if (!/^postgres(?:ql)?:\/\/\S+$/.test(text)) return wrong('does not begin with postgres:// or has blanks in it')
  try {
    // As the driver reads it, which also opens the files of certificates that it names.
    parseConnectionUrl(text)
    return { value: text }
  } catch (refusal) {
    return wrong(`cannot be understood: ${refusal instanceof Error ? refusal.message : String(refusal)}`)
  }
}

const parseSecretKey: Parse<Uint8Array> = (text) => {
  const key = secretKeyOf(text)
  return key === null ? wrong('is not 32 or more random bytes, written in hex or base64') : { value: key }
}

function bootstrapOf(env: Environment): Config['bootstrap'] {
  const token = parsed(env, 'WATCHBELL_BOOTSTRAP_TOKEN', parseToken)
  const email = parsed(env, 'WATCHBELL_BOOTSTRAP_EMAIL', parseEmail) ?? 'admin@localhost'
  return token === null ? null : { token, email }
}

const parseToken: Parse<string> = (text) => (isToken(text) ? { value: text } : wrong('is not 64 digits of lower-case hex'))

const parseEmail: Parse<string> = (text) => (isEmail(text) ? { value: text } : wrong(`is "${text}", which is no e-mail address`))

const parseAllowed: Parse<EgressAllow> = (text) => {
  const allowed = parseEgressAllow(text)
  return allowed.ok ? { value: allowed.value } : wrong(`is not understood: ${allowed.reason}`)
}

const parseProxy: Parse<EgressProxy> = (text) => {
  const proxy = parseEgressProxy(text)
  return proxy.ok ? { value: proxy.value } : wrong(proxy.reason)
}

/** OpenSSL would pass over what it cannot read, and then every receiver would seem to be at fault. */
const readAuthorities: Parse<string> = (path) => {
  try {
    const text = readFileSync(path, 'utf8')
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
    if (blocks === null) return wrong(`is "${path}", which has no certificate in PEM form in it`)
    return { value: blocks.map((block) => new X509Certificate(block).toString().trim()).join('\n') }
  } catch (refusal) {
    return wrong(`is "${path}", which cannot be read: ${refusal instanceof Error ? refusal.message : String(refusal)}`)
  }
}

const parseSmtpUrl: Parse<string> = (text) => {
  const url = URL.parse(text)
  const isSmtp = url !== null && (url.protocol === 'smtp:' || url.protocol === 'smtps:') && url.hostname !== ''
  return isSmtp ? { value: text } : wrong('is no URL that begins with smtp:// or smtps:// and names a host')
}

const parseMailFrom: Parse<string> = (text) => {
  const address = /^[^<>"\r\n]*<([^<>]+)>$/.exec(text)?.[1] ?? text
  return isEmail(address) ? { value: text } : wrong(`is "${text}", which is no e-mail address`)
}

/** Retries can last for days, and what they send must outlive them. */
const parseDeliveryLogDays: Parse<number> = (text) =>
  /^\d{1,3}$/.test(text) && Number(text) >= 8 && Number(text) <= 400
    ? { value: Number(text) }
    : wrong(`is "${text}", which is no whole number from 8 to 400`)

const parseLogLevel: Parse<LogLevel> = (text) => {
  const level = logLevels.find((known) => known === text)
  return level === undefined ? wrong(`is "${text}", which is none of ${logLevels.join(', ')}`) : { value: level }
}

/** Where a browser on this machine finds the server; nobody can go to the address that stands for all addresses. */
function ownUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : isIP(host) === 6 ? `[${host}]` : host
  return `http://${name}:${port}`
}

function mailDomain(baseUrl: string): string {
  const { hostname } = new URL(baseUrl)
  return isIP(hostname) === 0 && !hostname.startsWith('[') ? hostname : 'localhost'
}
