import type { Tx } from '../ports.ts'
import { opensWord, sealedWord } from './secret-key.ts'
import { keepSealedWord } from './secret-key-store.ts'
import type { Vault } from './secret.ts'

/** Whether this secret key is the one that the database's secrets are sealed with. The first start decides. */
export async function isRightSecretKey(tx: Tx, vault: Vault): Promise<boolean> {
  return opensWord(vault, await keepSealedWord(tx, sealedWord(vault)))
}
