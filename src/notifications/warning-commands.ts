import { takeWarnings } from '../events/warning-commands.ts'
import type { Addressee } from '../events/warning.ts'
import { after, days } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import { sendLetters } from './mail-commands.ts'
import type { NotificationSettings } from './settings.ts'
import { warningLetter } from './warning-letter.ts'

/** Writes to somebody of all webhooks that there is something to tell of, in one mail. */
export async function mailWarnings(tx: Tx, settings: NotificationSettings, addressee: Addressee): Promise<void> {
  const warnings = await takeWarnings(tx, addressee)
  if (warnings.length === 0) return
  const { organizationId, address } = addressee
  const letter = warningLetter(warnings, settings.baseUrl)
  // One thread: what fails and what works again belong together.
  await sendLetters(tx, settings, [
    { organizationId, to: address, subjectId: 'webhooks', letter, expiresAt: after(tx.now, days(1)) },
  ])
}
