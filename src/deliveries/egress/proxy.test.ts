import { describe, expect, test } from 'vitest'
import { parseEgressProxy } from './proxy.ts'

describe('WATCHBELL_EGRESS_PROXY', () => {
  test.each([
    ['http://proxy.internal:4750', { isSecure: false, host: 'proxy.internal', port: 4750, authorization: null }],
    ['http://proxy', { isSecure: false, host: 'proxy', port: 80, authorization: null }],
    ['https://10.0.0.1/', { isSecure: true, host: '10.0.0.1', port: 443, authorization: null }],
    ['http://[fd00::1]:3128', { isSecure: false, host: 'fd00::1', port: 3128, authorization: null }],
    ['http://bell:s%40same@proxy:1', { isSecure: false, host: 'proxy', port: 1, authorization: 'Basic YmVsbDpzQHNhbWU=' }],
    ['http://bell:100%@proxy:1', { isSecure: false, host: 'proxy', port: 1, authorization: 'Basic YmVsbDoxMDAl' }],
    ['http://token@proxy:1', { isSecure: false, host: 'proxy', port: 1, authorization: 'Basic dG9rZW46' }],
  ])('%s is read', (text, proxy) => {
    expect(parseEgressProxy(text)).toEqual({ ok: true, value: proxy })
  })

  test.each([
    ['proxy:4750', 'is no URL that begins with http:// or https://'],
    ['proxy', 'is no URL'],
    ['socks5://proxy:1080', 'is no URL that begins with http:// or https://'],
    ['http://proxy:4750/path', 'has more than a host and a port'],
    ['http://bell:sesame@proxy:4750/?a=1', 'has more than a host and a port'],
    ['http://proxy:99999', 'is no URL'],
  ])('%s is refused, without the text', (text, reason) => {
    expect(parseEgressProxy(text)).toEqual({ ok: false, reason })
  })
})
