import { describe, expect, test } from 'vitest'
import vectors from '../../../test/vectors/ssrf.json' with { type: 'json' }
import { parseEgressAllow } from './allow.ts'
import { egressPolicy, judgeAddresses, judgeUrl, type EgressPolicy } from './egress.ts'

type Verdict = 'allow' | 'refuse'

const closed = policyOf('')

function policyOf(allow: string, ownBaseUrl = 'https://watchbell.example'): EgressPolicy {
  const parsed = parseEgressAllow(allow)
  if (!parsed.ok) throw new Error(parsed.reason)
  return egressPolicy(parsed.value, ownBaseUrl)
}

/** One attempt: the URL, then what the look-up answers. */
function verdict(url: string, policy = closed, answers: readonly string[] = ['93.184.215.14']): Verdict {
  const target = judgeUrl(url, policy)
  if (!target.ok) return 'refuse'
  if (!target.value.isName) return 'allow'
  return judgeAddresses(target.value, answers, policy).ok ? 'allow' : 'refuse'
}

function reason(url: string, policy = closed): string | null {
  const judged = judgeUrl(url, policy)
  return judged.ok ? null : judged.reason
}

describe('the vector file', () => {
  const single = vectors.filter(({ sequence, redirect_to }) => sequence === undefined && redirect_to === undefined)
  const rebinding = vectors.filter(({ sequence }) => sequence !== undefined)
  const redirects = vectors.filter(({ redirect_to }) => redirect_to !== undefined)

  test('is whole', () => {
    expect([single.length, rebinding.length, redirects.length]).toEqual([187, 2, 4])
  })

  test.each(single)('$id $category: $verdict, because $why', (vector) => {
    expect(verdict(vector.url, closed, vector.resolves_to ?? [])).toBe(vector.verdict)
  })

  test.each(rebinding)('$id $category: the last answer is refused although the earlier ones were good', ({ url, sequence }) => {
    const answers = sequence ?? []
    const verdicts = answers.map((addresses) => verdict(url, closed, addresses))
    expect(verdicts).toEqual([...answers.slice(1).map(() => 'allow'), 'refuse'])
  })

  // That nobody goes there is the sender's to show; the target alone is enough to be refused as a webhook's own URL.
  test.each(redirects)('$id $category: the target of the redirect is no URL for a webhook either', ({ redirect_to }) => {
    expect(verdict(String(redirect_to))).toBe('refuse')
  })

  test.each(vectors.filter((vector) => vector.verdict === 'allow'))('$id is sent to the host that the parser sees', (vector) => {
    const target = judgeUrl(vector.url, closed)
    const host = String(vector.whatwg_host)
      .replace(/\.$/, '')
      .replace(/^\[|\]$/g, '')
    expect(target.ok && target.value.host).toBe(host)
  })
})

describe('the form of a URL', () => {
  test('is taken apart once', () => {
    expect(judgeUrl('HTTPS://Example.COM.:443/a b/ü?q=1#part', closed)).toEqual({
      ok: true,
      value: { host: 'example.com', port: 443, origin: 'https://example.com', path: '/a%20b/%C3%BC?q=1', isName: true },
    })
    expect(judgeUrl('http://[2606:4700:4700:0::1111]:8080', closed)).toEqual({
      ok: true,
      value: { host: '2606:4700:4700::1111', port: 8080, origin: 'http://[2606:4700:4700::1111]:8080', path: '/', isName: false },
    })
  })

  test.each([
    ['an empty userinfo', 'https://@example.com/'],
    ['an empty user and password', 'https://:@example.com/'],
    ['too few slashes', 'https:/example.com/'],
    ['no slashes', 'https:example.com/'],
    ['too many slashes', 'https:///example.com/'],
    ['a space in front', ' https://example.com/'],
    ['a C1 control character', 'https://example.com/\u0085'],
    ['an empty label', 'https://a..example.com/'],
    ['two dots at the end', 'https://example.com../'],
    ['only a dot', 'https://./'],
    ['a character that no name has', 'https://a$b.example.com/'],
    ['a host of more than 253 characters', `https://${'a.'.repeat(125)}example/`],
    ['port 0', 'https://example.com:0/'],
  ])('refuses %s', (_what, url) => {
    expect(verdict(url)).toBe('refuse')
  })

  test.each(['https://example.com/@me', 'https://example.com?@', 'https://a_b.example.com/', 'https://example.com:1024/'])(
    'takes %s',
    (url) => {
      expect(verdict(url)).toBe('allow')
    },
  )
})

describe('an address', () => {
  test.each([
    ['64:ff9b::808:808', 'allow'],
    ['64:ff9b::', 'refuse'],
    ['64:ff9b::1', 'refuse'],
    ['64:ff9b::7f00:0', 'refuse'],
    ['64:ff9b:0:0:0:0:10.0.0.1', 'refuse'],
    ['64:ff9b::8.8.8.8', 'allow'],
    ['2606:4700::5efe:a00:1', 'refuse'],
    ['2606:4700::200:5efe:a00:1', 'refuse'],
    ['2606:4700::5efe', 'allow'],
    ['2606:4700:4700::1111%eth0', 'refuse'],
    ['fe80::1%eth0', 'refuse'],
    ['not an address', 'refuse'],
    ['', 'refuse'],
    ['127.1', 'refuse'],
    ['168.63.129.15', 'allow'],
    ['168.63.129.16', 'refuse'],
  ])('%s from the look-up: %s', (address, expected) => {
    expect(judgeAddresses({ host: 'example.com', port: 443 }, [address], closed).ok ? 'allow' : 'refuse').toBe(expected)
  })

  test('that is good comes back as it was', () => {
    const addresses = ['93.184.215.14', '2606:4700:4700::1111']
    expect(judgeAddresses({ host: 'example.com', port: 443 }, addresses, closed)).toEqual({ ok: true, value: addresses })
  })
})

describe('what the operator opens', () => {
  const network = policyOf('10.0.0.0/8,fd00::/8')
  const names = policyOf('receiver,*.internal,relay:25,hook.example.com:8025')

  test('a network: as an address in the URL, and as the answer of a look-up, on ordinary ports', () => {
    expect(verdict('http://10.1.2.3/', network)).toBe('allow')
    expect(verdict('http://10.1.2.3:9000/', network)).toBe('allow')
    expect(verdict('http://[fd00::7]/', network)).toBe('allow')
    expect(verdict('https://alb.example.com/', network, ['10.1.2.3', '93.184.215.14'])).toBe('allow')
    expect(verdict('https://alb.example.com/', network, ['64:ff9b::10.1.2.3'])).toBe('allow')
    expect(verdict('http://10.1.2.3:25/', network)).toBe('refuse')
    expect(verdict('http://11.1.2.3/', network)).toBe('allow')
    expect(verdict('http://192.168.0.1/', network)).toBe('refuse')
    expect(verdict('https://alb.example.com/', network, ['10.1.2.3', '192.168.0.1'])).toBe('refuse')
  })

  test('a network opens no name', () => {
    expect(verdict('http://redis/', network, ['10.1.2.3'])).toBe('refuse')
    expect(verdict('http://db.internal/', network, ['10.1.2.3'])).toBe('refuse')
  })

  test('a network of one family opens nothing of the other', () => {
    expect(verdict('http://127.0.0.1/', policyOf('::/0'))).toBe('refuse')
    expect(verdict('http://[::1]/', policyOf('0.0.0.0/0'))).toBe('refuse')
  })

  test('one address and port opens nothing else', () => {
    const policy = policyOf('127.0.0.1:9000,[::1]:25')
    expect(verdict('http://127.0.0.1:9000/', policy)).toBe('allow')
    expect(verdict('http://0x7f000001:9000/', policy)).toBe('allow')
    expect(verdict('http://[::1]:25/', policy)).toBe('allow')
    expect(verdict('https://hook.example.com:9000/', policy, ['127.0.0.1'])).toBe('allow')
    expect(verdict('http://127.0.0.1:9001/', policy)).toBe('refuse')
    expect(verdict('http://127.0.0.2:9000/', policy)).toBe('refuse')
    expect(verdict('http://[::1]/', policy)).toBe('refuse')
  })

  test('a name: whatever private address it has, on ordinary ports', () => {
    expect(verdict('http://receiver/', names, ['172.17.0.2'])).toBe('allow')
    expect(verdict('http://RECEIVER.:8080/', names, ['127.0.0.1', '::1'])).toBe('allow')
    expect(verdict('http://a.b.internal/', names, ['fd00::1'])).toBe('allow')
    expect(verdict('http://receiver:22/', names, ['172.17.0.2'])).toBe('refuse')
    expect(verdict('http://internal/', names, ['172.17.0.2'])).toBe('refuse')
    expect(verdict('http://notinternal/', names, ['172.17.0.2'])).toBe('refuse')
    expect(verdict('http://receiver.example.com/', names, ['172.17.0.2'])).toBe('refuse')
  })

  test('a name and port: that port and no other', () => {
    expect(verdict('http://relay:25/', names, ['172.17.0.2'])).toBe('allow')
    expect(verdict('http://relay:8080/', names, ['172.17.0.2'])).toBe('refuse')
    expect(verdict('https://hook.example.com:8025/', names, ['10.0.0.1'])).toBe('allow')
    expect(verdict('https://hook.example.com/', names, ['10.0.0.1'])).toBe('refuse')
    expect(verdict('https://hook.example.com/', names, ['93.184.215.14'])).toBe('allow')
  })

  test('a name opens no metadata service; a network that contains it does', () => {
    expect(verdict('http://metadata.google.internal/', names, ['169.254.169.254'])).toBe('refuse')
    expect(verdict('http://instance.internal/', names, ['fd00:ec2::254'])).toBe('refuse')
    expect(verdict('http://metadata.google.internal/', names, ['fd20:ce::254'])).toBe('refuse')
    expect(verdict('http://oracle.internal/', names, ['fd00:c1::a9fe:a9fe'])).toBe('refuse')
    expect(verdict('http://scaleway.internal/', names, ['fd00:42::42'])).toBe('refuse')
    expect(verdict('http://linode.internal/', names, ['fd00:a9fe:a9fe::1'])).toBe('refuse')
    expect(verdict('http://alibaba.internal/', names, ['fd00:100::100:200'])).toBe('refuse')
    expect(verdict('http://zero.internal/', names, ['0.0.0.0'])).toBe('refuse')
    expect(verdict('http://metadata.google.internal/', policyOf('*.internal,169.254.0.0/16'), ['169.254.169.254'])).toBe('allow')
  })

  test('never lifts the rules on scheme, userinfo and IPv4 dressed as IPv6', () => {
    const open = policyOf('0.0.0.0/0,::/0,receiver')
    expect(verdict('http://127.0.0.1/', open)).toBe('allow')
    expect(verdict('http://[::1]/', open)).toBe('allow')
    expect(verdict('ftp://receiver/', open)).toBe('refuse')
    expect(verdict('http://user:secret@receiver/', open)).toBe('refuse')
    expect(verdict('http://[::ffff:127.0.0.1]/', open)).toBe('refuse')
    expect(verdict('http://[::127.0.0.1]/', open)).toBe('refuse')
    expect(verdict('http://receiver/', open, ['::ffff:127.0.0.1'])).toBe('refuse')
  })
})

describe("the server's own URL", () => {
  const own = policyOf('', 'https://ops.example.com/watchbell/')

  test('is refused with everything below it, on either scheme', () => {
    expect(verdict('https://ops.example.com/watchbell', own)).toBe('refuse')
    expect(verdict('https://OPS.example.com.:443/watchbell/integrations/v1/x?y', own)).toBe('refuse')
    expect(verdict('https://ops.example.com/x/../watchbell/', own)).toBe('refuse')
    expect(verdict('http://ops.example.com/watchbell/', own)).toBe('refuse')
    expect(verdict('https://ops.example.com/', policyOf('', 'https://ops.example.com'))).toBe('refuse')
  })

  test('is not confused with its neighbours', () => {
    expect(verdict('https://ops.example.com/watchbells', own)).toBe('allow')
    expect(verdict('https://ops.example.com/other?u=/watchbell/', own)).toBe('allow')
    expect(verdict('https://ops.example.com:8443/watchbell/', own)).toBe('allow')
    expect(verdict('https://ops.example.com.evil.example/watchbell/', own)).toBe('allow')
  })

  test('is opened by an entry that names the host, not by a wide one', () => {
    const base = 'https://ops.example.com'
    expect(verdict(base, policyOf('ops.example.com', base))).toBe('allow')
    expect(verdict(base, policyOf('ops.example.com:443', base))).toBe('allow')
    expect(verdict(base, policyOf('ops.example.com:8443', base))).toBe('refuse')
    expect(verdict(base, policyOf('*.example.com', base))).toBe('refuse')
    expect(verdict('http://127.0.0.1:8080/', policyOf('127.0.0.0/8', 'http://127.0.0.1:8080'))).toBe('refuse')
    expect(verdict('http://127.0.0.1:8080/', policyOf('127.0.0.1', 'http://127.0.0.1:8080'))).toBe('allow')
    expect(verdict('http://127.0.0.1:9000/', policyOf('127.0.0.0/8', 'http://127.0.0.1:8080'))).toBe('allow')
  })
})

describe('the reason', () => {
  test('is the same for every refused address, written or looked up', () => {
    const found = judgeAddresses({ host: 'example.com', port: 443 }, ['10.0.0.1'], closed)
    const texts = ['http://127.0.0.1/', 'http://169.254.169.254/', 'http://[::1]/'].map((url) => reason(url))
    const uniform =
      'The receiver has a private, local or reserved address, which this server does not call. ' +
      'An operator can allow its host or network with WATCHBELL_EGRESS_ALLOW.'
    expect([...texts, found.ok ? null : found.reason]).toEqual([uniform, uniform, uniform, uniform])
  })

  test('tells the operator what to write', () => {
    expect(reason('https://example.com:25/')).toContain('the entry example.com:25 in WATCHBELL_EGRESS_ALLOW')
    expect(reason('https://[2606:4700::1]:25/')).toContain('the entry [2606:4700::1]:25 in WATCHBELL_EGRESS_ALLOW')
    expect(reason('http://redis:6379/')).toContain('WATCHBELL_EGRESS_ALLOW')
    expect(reason('https://watchbell.example/x')).toContain('WATCHBELL_EGRESS_ALLOW')
  })

  test.each([
    ['ftp://example.com/', 'The URL must start with http:// or https://.'],
    ['', 'The URL must start with http:// or https://.'],
    ['https://', 'The URL is not valid.'],
    ['https://a:b@example.com/', 'The URL contains a user name or a password. Use the authorization fields instead.'],
    ['https://example.com/\n', 'The URL contains a control character or a backslash.'],
    [`https://example.com/${'a'.repeat(2048)}`, 'The URL is longer than 2048 characters.'],
  ])('says what is wrong with %s', (url, expected) => {
    expect(reason(url)).toBe(expected)
  })
})
