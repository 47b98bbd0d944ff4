import { expect, test } from 'vitest'
import { derivedKey, makeVault } from './secret.ts'

let drawn = 0
const random = { bytes: (count: number) => new Uint8Array(count).fill((drawn += 1)) }
const secretKey = new Uint8Array(32).fill(7)
const vault = makeVault({ secretKey, purpose: 'webhooks', random })

test('a sealed secret opens for what it belongs to and shows nothing before', () => {
  const sealed = vault.seal('pässword', 'webhook WH1 password')
  expect(vault.open(sealed, 'webhook WH1 password')).toBe('pässword')
  expect(sealed.includes('ssword')).toBe(false)
  expect(sealed[0]).toBe(1)
  expect(sealed.length).toBe(1 + 12 + Buffer.byteLength('pässword') + 16)
})

test('bytes that are no text come back as they were', () => {
  const bytes = Buffer.of(0, 255, 13, 10, 192)
  expect(vault.openBytes(vault.seal(bytes, 'mail'), 'mail')).toEqual(bytes)
})

test('the same text is never sealed alike', () => {
  expect(vault.seal('x', 'y')).not.toEqual(vault.seal('x', 'y'))
})

test('nothing opens it for another context, with another key, for another purpose, or changed', () => {
  const sealed = vault.seal('x', 'webhook WH1 password')
  const fault = /^the secret of .* does not open/
  expect(() => vault.open(sealed, 'webhook WH2 password')).toThrow(fault)
  expect(() =>
    makeVault({ secretKey: new Uint8Array(32), purpose: 'webhooks', random }).open(sealed, 'webhook WH1 password'),
  ).toThrow(fault)
  expect(() => makeVault({ secretKey, purpose: 'integrations', random }).open(sealed, 'webhook WH1 password')).toThrow(fault)
  for (let index = 1; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed)
    changed[index] = (changed[index] ?? 0) ^ 1
    expect(() => vault.open(changed, 'webhook WH1 password')).toThrow(fault)
  }
})

test('bytes of another version or too few of them are a defect', () => {
  expect(() => vault.open(Buffer.from([2, ...new Uint8Array(40)]), 'x')).toThrow('broken belief')
  expect(() => vault.open(Buffer.from([1, 2, 3]), 'x')).toThrow('broken belief')
})

test('every purpose has a key of its own', () => {
  expect(derivedKey(secretKey, 'a')).toHaveLength(32)
  expect(derivedKey(secretKey, 'a')).not.toEqual(derivedKey(secretKey, 'b'))
  expect(derivedKey(secretKey, 'a')).toEqual(derivedKey(secretKey, 'a'))
})
