import type { Vault } from '../../accounts/secret.ts'
import type { SealedSigningKey, SigningKey, SigningSecrets } from './key.ts'

/** A key as it is stored. */
export const sealedKey = ({ secret, seed, ...key }: SigningKey & SigningSecrets, vault: Vault): SealedSigningKey => ({
  ...key,
  secretSealed: vault.seal(secret, contextOf(key, 'secret')),
  seedSealed: seed === null ? null : vault.seal(seed, contextOf(key, 'seed')),
})

/** What a stored key signs with. Throws as the vault does. */
export const openedKey = (key: SealedSigningKey, vault: Vault): SigningSecrets => ({
  secret: vault.openBytes(key.secretSealed, contextOf(key, 'secret')),
  seed: key.seedSealed === null ? null : vault.openBytes(key.seedSealed, contextOf(key, 'seed')),
})

const contextOf = ({ webhookId, id }: SigningKey, part: 'secret' | 'seed'): string => `webhook ${webhookId} signing ${id} ${part}`
