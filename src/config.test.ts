import { describe, expect, test } from 'vitest'
import { configWarnings, readConfig, withPort } from './config.ts'
import { StartFault } from './lib/start-fault.ts'

const hex = '0123456789abcdef'.repeat(4)

test('without any setting there is a server for this machine', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 8080,
    baseUrl: 'http://127.0.0.1:8080',
    databaseUrl: null,
    dataDir: './data',
    secretKey: null,
    bootstrap: null,
    egressAllow: [],
    egressProxy: null,
    egressCa: null,
    smtpUrl: null,
    mailFrom: 'Watchbell <watchbell@localhost>',
    logLevel: 'info',
    deliveryLogDays: 30,
  })
})

test('every setting can be given', () => {
  const config = readConfig({
    WATCHBELL_HOST: '::',
    WATCHBELL_PORT: '80',
    WATCHBELL_BASE_URL: 'https://Bell.Example/oncall/',
    WATCHBELL_DATABASE_URL: 'postgresql://bell:secret@db/bell?sslmode=require',
    WATCHBELL_DATA_DIR: '/data',
    WATCHBELL_SECRET_KEY: hex,
    WATCHBELL_BOOTSTRAP_TOKEN: hex,
    WATCHBELL_BOOTSTRAP_EMAIL: 'ada@example.com',
    WATCHBELL_EGRESS_ALLOW: 'receiver:8080, *.internal',
    WATCHBELL_EGRESS_PROXY: 'http://bell:secret@proxy:4750',
    WATCHBELL_EGRESS_CA_FILE: 'test/fixtures/receiver.crt',
    WATCHBELL_SMTP_URL: 'smtps://user:secret@mail.example:465',
    WATCHBELL_MAIL_FROM: 'The Bell <bell@example.com>',
    WATCHBELL_LOG_LEVEL: 'debug',
    WATCHBELL_DELIVERY_LOG_DAYS: '90',
  })
  expect(config).toEqual({
    host: '::',
    port: 80,
    baseUrl: 'https://bell.example/oncall',
    databaseUrl: 'postgresql://bell:secret@db/bell?sslmode=require',
    dataDir: '/data',
    secretKey: Buffer.from(hex, 'hex'),
    bootstrap: { token: hex, email: 'ada@example.com' },
    egressAllow: [
      { kind: 'host', host: 'receiver', port: 8080 },
      { kind: 'suffix', suffix: '.internal', port: null },
    ],
    egressProxy: { isSecure: false, host: 'proxy', port: 4750, authorization: 'Basic YmVsbDpzZWNyZXQ=' },
    egressCa: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n[^-]+\n-----END CERTIFICATE-----$/),
    smtpUrl: 'smtps://user:secret@mail.example:465',
    mailFrom: 'The Bell <bell@example.com>',
    logLevel: 'debug',
    deliveryLogDays: 90,
  })
  expect(Object.isFrozen(config)).toBe(true)
})

test('a value of nothing counts as unset, as a container gives it', () => {
  expect(readConfig({ WATCHBELL_PORT: '', WATCHBELL_SMTP_URL: ' ', WATCHBELL_SECRET_KEY: '' })).toEqual(readConfig({}))
})

test('the public URL follows host and port, and can be opened', () => {
  expect(readConfig({ WATCHBELL_HOST: '0.0.0.0', WATCHBELL_PORT: '9000' }).baseUrl).toBe('http://localhost:9000')
  expect(readConfig({ WATCHBELL_HOST: '::' }).baseUrl).toBe('http://localhost:8080')
  expect(readConfig({ WATCHBELL_HOST: '::1' }).baseUrl).toBe('http://[::1]:8080')
  expect(readConfig({ WATCHBELL_HOST: 'bell.lan' }).baseUrl).toBe('http://bell.lan:8080')
})

test('the public URL follows the port that the system chose, unless it was set', () => {
  const chosen = withPort(readConfig({ WATCHBELL_HOST: '::1', WATCHBELL_PORT: '0' }), 40_123)
  expect(chosen).toMatchObject({ port: 40_123, baseUrl: 'http://[::1]:40123' })
  const set = { WATCHBELL_PORT: '0', WATCHBELL_BASE_URL: 'https://bell.example' }
  expect(withPort(readConfig(set), 40_123)).toMatchObject({ port: 40_123, baseUrl: 'https://bell.example' })
})

test('mails come from the public host unless told otherwise', () => {
  expect(readConfig({ WATCHBELL_BASE_URL: 'https://bell.example/x' }).mailFrom).toBe('Watchbell <watchbell@bell.example>')
  expect(readConfig({ WATCHBELL_MAIL_FROM: 'bell@example.com' }).mailFrom).toBe('bell@example.com')
})

test('the bootstrap needs a token; the address has a default', () => {
  expect(readConfig({ WATCHBELL_BOOTSTRAP_TOKEN: hex }).bootstrap).toEqual({ token: hex, email: 'admin@localhost' })
  expect(readConfig({ WATCHBELL_BOOTSTRAP_EMAIL: 'ada@example.com' }).bootstrap).toBeNull()
})

describe('a bad value stops the start with one line: variable, fault, example', () => {
  test.each([
    ['WATCHBELL_PORT', '80a', 'is "80a", which is no port number. Example: WATCHBELL_PORT=8080'],
    ['WATCHBELL_PORT', '65536', 'is "65536", which is no port number. Example: WATCHBELL_PORT=8080'],
    [
      'WATCHBELL_BASE_URL',
      'bell.example',
      'is "bell.example", which is no URL. Example: WATCHBELL_BASE_URL=https://oncall.example.com',
    ],
    ['WATCHBELL_BASE_URL', 'ftp://x', 'is "ftp://x", which is neither http:// nor https://.'],
    ['WATCHBELL_BASE_URL', 'https://x/?a=1', 'which has more than a host and a path.'],
    ['WATCHBELL_BASE_URL', 'https://x/api/y', "but paths that begin with /api are Watchbell's own."],
    ['WATCHBELL_BOOTSTRAP_EMAIL', 'ada', 'is "ada", which is no e-mail address.'],
    ['WATCHBELL_EGRESS_ALLOW', '10.0.0.0/99', 'is not understood: "10.0.0.0/99" is neither a CIDR'],
    ['WATCHBELL_EGRESS_PROXY', 'proxy:4750', 'is no URL'],
    ['WATCHBELL_EGRESS_PROXY', 'socks5://proxy', 'is no URL that begins with http:// or https://. Example: '],
    ['WATCHBELL_EGRESS_CA_FILE', '/no/such/file', "no such file or directory, open '/no/such/file'"],
    ['WATCHBELL_EGRESS_CA_FILE', 'package.json', 'is "package.json", which has no certificate in PEM form in it.'],
    ['WATCHBELL_MAIL_FROM', 'Bell <bell>', 'is "Bell <bell>", which is no e-mail address.'],
    ['WATCHBELL_DATABASE_URL', 'postgres://bell@db:notaport/bell', 'cannot be understood: Invalid URL. Example: '],
    ['WATCHBELL_DATABASE_URL', 'postgres://bell@db:70000/bell', 'cannot be understood: Invalid URL. Example: '],
    [
      'WATCHBELL_DATABASE_URL',
      'postgres://bell@db/bell?sslrootcert=/no/such/file',
      "no such file or directory, open '/no/such/file'",
    ],
    [
      'WATCHBELL_DELIVERY_LOG_DAYS',
      '7',
      'is "7", which is no whole number from 8 to 400. Example: WATCHBELL_DELIVERY_LOG_DAYS=30',
    ],
    ['WATCHBELL_LOG_LEVEL', 'loud', 'is "loud", which is none of debug, info, warn, error. Example: WATCHBELL_LOG_LEVEL=info'],
  ])('%s=%s', (name, value, words) => {
    const line = faultOf({ [name]: value })
    expect(line.startsWith(`${name} `)).toBe(true)
    expect(line).toContain(words)
    expect(line).not.toContain('\n')
  })
})

describe('a bad secret is not repeated', () => {
  test.each([
    ['WATCHBELL_DATABASE_URL', 'mysql://bell:hidden@db'],
    ['WATCHBELL_DATABASE_URL', 'postgres://bell:hidden@db:notaport/bell'],
    ['WATCHBELL_SECRET_KEY', 'hidden'],
    ['WATCHBELL_SECRET_KEY', 'a'.repeat(63)],
    ['WATCHBELL_SECRET_KEY', 'hidden'.repeat(6)],
    ['WATCHBELL_BOOTSTRAP_TOKEN', 'HIDDENhidden'],
    ['WATCHBELL_SMTP_URL', 'mail.example:hidden'],
    ['WATCHBELL_BASE_URL', 'https://user:hidden@bell.example'],
    ['WATCHBELL_EGRESS_PROXY', 'http://user:hidden@proxy/path'],
    ['WATCHBELL_EGRESS_PROXY', 'socks://user:hidden@proxy'],
    ['WATCHBELL_BASE_URL', 'ftp://user:hidden@bell.example'],
  ])('%s=%s', (name, value) => {
    const line = faultOf({ [name]: value })
    expect(line).toMatch(new RegExp(`^${name} .* Example: ${name}=`))
    expect(line).not.toMatch(/hidden/i)
  })
})

test('an external database needs the key that all nodes share', () => {
  expect(faultOf({ WATCHBELL_DATABASE_URL: 'postgres://db/bell' })).toBe(
    'WATCHBELL_SECRET_KEY is not set, but WATCHBELL_DATABASE_URL needs it: every node must know the same key. ' +
      'Example: WATCHBELL_SECRET_KEY=$(openssl rand -hex 32)',
  )
})

test('the key may be hex or base64', () => {
  const key = (text: string) => Buffer.from(readConfig({ WATCHBELL_SECRET_KEY: text }).secretKey ?? []).toString('hex')
  expect(key('AB'.repeat(32))).toBe('ab'.repeat(32))
  expect(key(`${'q'.repeat(42)}o=`)).toBe('aa'.repeat(32))
})

test('what looks like a setting and is none is named, with what was meant', () => {
  expect(
    configWarnings({
      WATCHBELL_PROT: '1',
      WATCHBELL_DATABASE: 'x',
      WATCHBELL_COLOUR_OF_THE_BELL: 'gold',
      WATCHBELL_PORT: '1',
      WATCHBELL_RELAUNCHED: '1',
      WATCHBELL_TEST_DATABASE_URL: 'x',
      PATH: '/bin',
    }),
  ).toEqual([
    'WATCHBELL_PROT is no setting of Watchbell; did you mean WATCHBELL_PORT?',
    'WATCHBELL_DATABASE is no setting of Watchbell; did you mean WATCHBELL_DATABASE_URL?',
    'WATCHBELL_COLOUR_OF_THE_BELL is no setting of Watchbell',
  ])
})

function faultOf(env: Record<string, string>): string {
  try {
    readConfig(env)
  } catch (fault) {
    if (fault instanceof StartFault) return fault.message
    throw fault
  }
  return 'no fault'
}
