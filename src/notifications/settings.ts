import type { Vault } from '../accounts/secret.ts'

/** What the notifications need to know of the configuration. */
export type NotificationSettings = {
  /** The public URL without a slash at its end; links in messages begin with it. */
  readonly baseUrl: string
  /** The sender: an address, or a name and an address (`Watchbell <watchbell@example.com>`). */
  readonly mailFrom: string
  /** False: WATCHBELL_SMTP_URL is not set, and e-mails cannot be sent. */
  readonly mailIsOn: boolean
  /** Signs the links in messages; see `linkKeyFrom`. */
  readonly linkKey: Uint8Array
  /** Seals messages until they leave: their links let whoever reads them act. */
  readonly messageVault: Vault
}
