import { expect, test } from 'vitest'
import { newToken, tokenDigest } from './token.ts'

test('a token is 32 random bytes as 64 lower-case hex digits', () => {
  expect(newToken({ bytes: (count) => new Uint8Array(count).fill(0xab) })).toBe('ab'.repeat(32))
})

test('the digest is SHA-512 of the bytes, not of the text', () => {
  // From: printf '00%.0s' {1..32} | xxd -r -p | sha512sum
  expect(tokenDigest('00'.repeat(32))?.toString('hex')).toBe(
    '5046adc1dba838867b2bbbfdd0c3423e58b57970b5267a90f57960924a87f1960a6a85eaa642dac835424b5d7c8d637c00408c7a73da672b7f498521420b6dd3',
  )
})

test('what has another form is no token', () => {
  for (const text of ['', 'ab', 'AB'.repeat(32), `${'ab'.repeat(32)}\n`, 'zz'.repeat(32), 'ab'.repeat(33)])
    expect(tokenDigest(text)).toBeNull()
})
