import { createPublicKey, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { asId, type MessageId } from '../../lib/ids.ts'
import { publicKeyOf, publicKeyText, secretText, signerOf } from './key.ts'

const messageId = asId<MessageId>('msg_p5jXN8AQM9LWM0D4loKWxJek')
const epochSeconds = 1_614_265_330
const bytesOf = (base64: string): Buffer => Buffer.from(base64, 'base64')
const known = bytesOf('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
const seed = bytesOf('6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==').subarray(0, 32)

describe('a signature', () => {
  // The first is the example of the specification.
  test.each([
    [known, '{"test": 2432232314}', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    [known, '{"t":"é😀"}', 'v1,BKcBjNn+5ilU9xw5VV1BUfjOLAnqNoaDOOo1DBjAmTA='],
    [known, '', 'v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A='],
    [Buffer.alloc(32, 1), '{"test": 2432232314}', 'v1,d8asl+kiM8rGYv5f96CWaB7DltT12R+GlcKk/tAeKa8='],
  ])('is the one that Standard Webhooks has for %# %s', (secret, body, signature) => {
    expect(signerOf([{ secret, seed: null }])({ messageId, epochSeconds, body: Buffer.from(body) })).toBe(signature)
  })

  test('of a message without a body is that of no bytes', () => {
    expect(signerOf([{ secret: known, seed: null }])({ messageId, epochSeconds, body: null })).toBe(
      'v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=',
    )
  })

  test('has one part for each key, in their order, and one more for each pair', () => {
    const keys = [
      { secret: Buffer.alloc(32, 1), seed: null },
      { secret: known, seed },
    ]
    expect(signerOf(keys)({ messageId, epochSeconds, body: Buffer.from('{"test": 2432232314}') })).toBe(
      'v1,d8asl+kiM8rGYv5f96CWaB7DltT12R+GlcKk/tAeKa8= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= ' +
        'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    )
  })
})

describe('a key', () => {
  test('is told in the forms of Standard Webhooks', () => {
    expect(secretText(known)).toBe('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
    expect(publicKeyText(publicKeyOf(seed))).toBe('whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=')
  })

  test('that is public verifies what its private half has signed', () => {
    const header = signerOf([{ secret: known, seed }])({ messageId, epochSeconds, body: null })
    const [, signature = ''] = header.split(' v1a,')
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKeyOf(seed).toString('base64url') }
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    expect(verify(null, Buffer.from(`${messageId}.${epochSeconds}.`), key, bytesOf(signature))).toBe(true)
    expect(verify(null, Buffer.from(`${messageId}.${epochSeconds + 1}.`), key, bytesOf(signature))).toBe(false)
  })
})
