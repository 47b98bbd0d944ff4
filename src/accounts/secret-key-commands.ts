import type { Tx } from '../ports.ts'
import type { Vault } from './secret.ts'
import { keepSealedWord } from './secret-key-store.ts'

const word = 'watchbell'
const context = 'start'

/** Whether this secret key is the one that the database's secrets are sealed with. The first start decides. */
export async function isRightSecretKey(tx: Tx, vault: Vault): Promise<boolean> {
  const kept = await keepSealedWord(tx, vault.seal(word, context))
  try {
    return vault.open(kept, context) === word
  } catch {
    return false
  }
}
