import type { Vault } from './secret.ts'

const word = 'watchbell'
const context = 'start'

/** A word that only the same secret key opens again; the vault is that of the purpose `start`. */
export const sealedWord = (vault: Vault): Buffer => vault.seal(word, context)

/** Whether the word was sealed with the vault's secret key. */
export function opensWord(vault: Vault, sealed: Uint8Array): boolean {
  try {
    return vault.open(sealed, context) === word
  } catch {
    return false
  }
}
