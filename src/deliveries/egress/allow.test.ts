import { describe, expect, test } from 'vitest'
import { parseEgressAllow } from './allow.ts'

describe('WATCHBELL_EGRESS_ALLOW', () => {
  test('takes every form in one list and forgives spaces, empty entries and capitals', () => {
    const parsed = parseEgressAllow(
      ' 10.0.0.0/8, Receiver:8080 ,, *.Internal,*.corp.example:9000,fd00::/8,[fd00::1]:25,127.0.0.1:9,::1, bücher.example. ',
    )
    expect(parsed.ok && parsed.value).toMatchObject([
      { kind: 'network', family: 'ipv4', isOneAddress: false, port: null },
      { kind: 'host', host: 'receiver', port: 8080 },
      { kind: 'suffix', suffix: '.internal', port: null },
      { kind: 'suffix', suffix: '.corp.example', port: 9000 },
      { kind: 'network', family: 'ipv6', isOneAddress: false, port: null },
      { kind: 'network', family: 'ipv6', isOneAddress: true, port: 25 },
      { kind: 'network', family: 'ipv4', isOneAddress: true, port: 9 },
      { kind: 'network', family: 'ipv6', isOneAddress: true, port: null },
      { kind: 'host', host: 'xn--bcher-kva.example', port: null },
    ])
  })

  test('opens nothing when it is empty', () => {
    expect(parseEgressAllow('')).toEqual({ ok: true, value: [] })
    expect(parseEgressAllow(' , ')).toEqual({ ok: true, value: [] })
  })

  test.each([
    '*',
    '*.',
    '.internal',
    'a..b',
    'http://receiver:8080',
    'receiver/',
    'receiver/8',
    'user@receiver',
    'receiver:0',
    'receiver:65536',
    'receiver:http',
    'receiver:',
    'two words',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/8:80',
    '10.0.0/8',
    'fd00::/129',
    'fe80::1%eth0',
    '[fe80::1%eth0]',
    '[receiver]',
    '[::1',
    '256.1.1.1',
    '0x7f.1',
    '2130706433',
    '*.0.0.1',
    `${'a'.repeat(64)}.example`,
  ])('names the entry %s, which means nothing', (entry) => {
    expect(parseEgressAllow(`10.0.0.0/8,${entry}`)).toEqual({
      ok: false,
      reason: `"${entry}" is neither a CIDR (10.0.0.0/8), an address, a host, host:port nor *.suffix`,
    })
  })
})
