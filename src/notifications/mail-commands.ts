import { endpointsFor, enqueue } from '../deliveries/commands.ts'
import { lanes, type NewDelivery } from '../deliveries/delivery.ts'
import { sealedMail } from '../deliveries/sealing.ts'
import { known } from '../lib/check.ts'
import { type MessageId, newUuid, type OrganizationId } from '../lib/ids.ts'
import type { Instant } from '../lib/time.ts'
import type { Tx } from '../ports.ts'
import { composeEmail } from './channels/email.ts'
import { type Letter, writeLetter } from './letter.ts'
import type { NotificationSettings } from './settings.ts'

/** A delivery for the mail endpoint of its organization. */
export type OwedMail = Omit<NewDelivery, 'endpointId'>

/** Owes mails through the endpoints of their organizations, all at once. */
export async function oweMails(tx: Tx, mails: readonly OwedMail[]): Promise<void> {
  // Always in the same order, so that two transactions that make endpoints cannot wait for each other.
  const organizationIds = [...new Set(mails.map((mail) => mail.organizationId))].toSorted()
  const endpointIds = await endpointsFor(
    tx,
    organizationIds.map((organizationId) => ({ organizationId, kind: 'mail', ownerId: 'mail', url: null, settings: null })),
  )
  const found = new Map(organizationIds.map((organizationId, index) => [organizationId, endpointIds[index]]))
  const endpointOf = ({ organizationId }: OwedMail) => known(found.get(organizationId), 'each organization has an endpoint')
  await enqueue(
    tx,
    mails.map((mail) => ({ ...mail, endpointId: endpointOf(mail) })),
  )
}

/** A letter to somebody. */
export type AddressedLetter = {
  readonly organizationId: OrganizationId
  readonly to: string
  /** What it is about, by its id: such letters are one thread. */
  readonly subjectId: string
  readonly letter: Letter
  /** From then on nobody wants to read it. */
  readonly expiresAt: Instant
}

/** Owes e-mails that want no answer, behind all pages. None when e-mail is off. */
export async function sendLetters(tx: Tx, settings: NotificationSettings, letters: readonly AddressedLetter[]): Promise<void> {
  if (!settings.mailIsOn || letters.length === 0) return
  await oweMails(
    tx,
    letters.map((letter) => mailOf(tx, settings, letter)),
  )
}

function mailOf(tx: Tx, settings: NotificationSettings, addressed: AddressedLetter): OwedMail {
  const { organizationId, to, subjectId, letter, expiresAt } = addressed
  const messageId = newUuid<MessageId>(tx.now, tx.random.bytes)
  const about = { organizationId, subjectId }
  const page = writeLetter(letter)
  const body = composeEmail({ messageId, at: tx.now, from: settings.mailFrom, to, about, urgent: false, page })
  return {
    organizationId,
    lane: lanes.live,
    messageId,
    messageAt: tx.now,
    message: sealedMail(settings.messageVault, messageId, { target: to, body }),
    eventSequence: null,
    groupedSequences: null,
    subjectId: null,
    cancelKey: null,
    expiresAt,
  }
}
