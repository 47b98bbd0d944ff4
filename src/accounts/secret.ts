import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync } from 'node:crypto'
import { check } from '../lib/check.ts'
import type { Random } from '../ports.ts'

/**
 * Keeps secrets sealed while they lie in the database. The context says what a secret belongs to (`webhook WH… password`):
 * sealed for one context, it opens for no other, so that a row cannot be copied over another.
 */
export type Vault = {
  seal(secret: string | Uint8Array, context: string): Buffer
  /** Throws when the bytes were sealed with another key or for another context, or were changed. */
  open(sealed: Uint8Array, context: string): string
  /** The same, for a secret that is no text. */
  openBytes(sealed: Uint8Array, context: string): Buffer
}

type VaultOptions = {
  /** WATCHBELL_SECRET_KEY, or the key of the data directory. */
  readonly secretKey: Uint8Array
  /** What this vault is for; every purpose has a key of its own. */
  readonly purpose: string
  readonly random: Random
}

const version = 1
const nonceBytes = 12
const tagBytes = 16
const algorithm = 'aes-256-gcm'

/** A vault on AES-256-GCM. Sealed: one byte of version, nonce, ciphertext, tag. */
export function makeVault({ secretKey, purpose, random }: VaultOptions): Vault {
  // Of bare bytes Node makes such an object each time, which costs more than the cipher.
  const key = createSecretKey(derivedKey(secretKey, purpose))
  const openBytes: Vault['openBytes'] = (sealed, context) => {
    const bytes = Buffer.from(sealed)
    check(bytes[0] === version && bytes.length >= 1 + nonceBytes + tagBytes, 'a sealed secret has a known version and is whole')
    const nonce = bytes.subarray(1, 1 + nonceBytes)
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagBytes))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes)), decipher.final()])
    } catch (cause) {
      const words = `the secret of ${context} does not open: it was sealed with another WATCHBELL_SECRET_KEY, or was changed`
      throw new Error(words, { cause })
    }
  }
  return {
    seal(secret, context) {
      const nonce = random.bytes(nonceBytes)
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(context))
      return Buffer.concat([Buffer.of(version), nonce, cipher.update(Buffer.from(secret)), cipher.final(), cipher.getAuthTag()])
    },
    open: (sealed, context) => openBytes(sealed, context).toString('utf8'),
    openBytes,
  }
}

/** A key of 32 bytes for one purpose (HKDF, RFC 5869): whoever learns it learns no other, nor the secret key. */
export function derivedKey(secretKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, '', `watchbell ${purpose}`, 32))
}
