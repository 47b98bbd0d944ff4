import { createHash } from 'node:crypto'
import type { Brand } from './brand.ts'
import { check } from './check.ts'
import { type Instant, instant } from './time.ts'

/** Public ids: a prefix and 12 characters, as in contract grafana-oncall 1.7. They are the keys of the tables too. */
export type OrganizationId = Brand<string, 'OrganizationId'>
export type TeamId = Brand<string, 'TeamId'>
export type ServiceId = Brand<string, 'ServiceId'>
export type UserId = Brand<string, 'UserId'>
export type IntegrationId = Brand<string, 'IntegrationId'>
export type RouteId = Brand<string, 'RouteId'>
export type AlertId = Brand<string, 'AlertId'>
export type AlertGroupId = Brand<string, 'AlertGroupId'>
export type ResolutionNoteId = Brand<string, 'ResolutionNoteId'>
export type EscalationChainId = Brand<string, 'EscalationChainId'>
export type EscalationPolicyId = Brand<string, 'EscalationPolicyId'>
export type NotificationRuleId = Brand<string, 'NotificationRuleId'>
export type ScheduleId = Brand<string, 'ScheduleId'>
export type ShiftId = Brand<string, 'ShiftId'>
export type LayerId = Brand<string, 'LayerId'>
export type OverrideId = Brand<string, 'OverrideId'>
export type SwapId = Brand<string, 'SwapId'>
/** What schedules are made of. */
export type PartId = ShiftId | LayerId | OverrideId
export type WebhookId = Brand<string, 'WebhookId'>
export type ReplayId = Brand<string, 'ReplayId'>

/** Inner ids: UUID version 7, so that they grow with time. */
export type EventId = Brand<string, 'EventId'>
export type EndpointId = Brand<string, 'EndpointId'>
export type MessageId = Brand<string, 'MessageId'>
export type NodeId = Brand<string, 'NodeId'>

/** Any text may claim to be an id; whether it names something is for the store to say. */
export const asId = <Id extends Brand<string, string>>(text: string): Id => text as Id

type PublicIds = {
  readonly O: OrganizationId
  readonly T: TeamId
  readonly SV: ServiceId
  readonly U: UserId
  readonly C: IntegrationId
  readonly R: RouteId
  readonly A: AlertId
  readonly I: AlertGroupId
  readonly M: ResolutionNoteId
  readonly F: EscalationChainId
  readonly E: EscalationPolicyId
  readonly N: NotificationRuleId
  readonly S: ScheduleId
  readonly LY: LayerId
  readonly OV: OverrideId
  readonly SSR: SwapId
  readonly WH: WebhookId
  readonly P: ReplayId
}

type Bytes = (count: number) => Uint8Array

const publicAlphabet = 'ABCDEFGHIJKLMNPQRSTUVWXYZ123456789'
const tokenAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A new public id, for example `newPublicId('WH', random.bytes)`. */
export function newPublicId<Prefix extends keyof PublicIds>(prefix: Prefix, bytes: Bytes): PublicIds[Prefix] {
  return (prefix + randomText(publicAlphabet, 12, bytes)) as PublicIds[Prefix]
}

const numberedLength = 12

/** How people see the number of a delivery, which is its key: `D` and 12 characters, like other public ids. */
export function deliveryIdOf(number: number): string {
  let text = ''
  for (let rest = number; text.length < numberedLength; rest = Math.floor(rest / publicAlphabet.length))
    text = publicAlphabet.charAt(rest % publicAlphabet.length) + text
  return `D${text}`
}

/** The number that such an id stands for; null: it is none. */
export function deliveryNumberOf(id: string): number | null {
  const digits = Array.from(id.slice(1), (letter) => publicAlphabet.indexOf(letter))
  const number = digits.reduce((sum, digit) => sum * publicAlphabet.length + digit, 0)
  const isOne = id.startsWith('D') && digits.length === numberedLength && !digits.includes(-1)
  return isOne && Number.isSafeInteger(number) ? number : null
}

/** A new shift id. On-call shifts share the prefix `O` with organizations, so it has a function of its own. */
export function newShiftId(bytes: Bytes): ShiftId {
  return ('O' + randomText(publicAlphabet, 12, bytes)) as ShiftId
}

/** A secret for an inbound URL: 25 letters and digits, about 148 bits. */
export function newUrlToken(bytes: Bytes): string {
  return randomText(tokenAlphabet, 25, bytes)
}

/** A UUID version 4 (RFC 9562, 5.4): 122 random bits. */
export function newRandomUuid(bytes: Bytes): string {
  const raw = Buffer.from(bytes(16))
  raw[6] = (raw.readUInt8(6) & 0x0f) | 0x40
  raw[8] = (raw.readUInt8(8) & 0x3f) | 0x80
  return uuidText(raw.toString('hex'))
}

/** A UUID as it is written, from its 32 hexadecimal digits. */
export const uuidText = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`

/** A UUID version 7 (RFC 9562, 5.7): 48 bits of time, the rest random. */
export function newUuid<Id extends Brand<string, string>>(now: Instant, bytes: Bytes): Id {
  const raw = Buffer.from(bytes(16))
  raw.writeUIntBE(now, 0, 6)
  raw[6] = (raw.readUInt8(6) & 0x0f) | 0x70
  raw[8] = (raw.readUInt8(8) & 0x3f) | 0x80
  return uuidText(raw.toString('hex')) as Id
}

/** A UUID version 8 (RFC 9562, 5.8), always the same of the same text. */
export function namedUuid<Id extends Brand<string, string>>(text: string): Id {
  const raw = createHash('sha256').update(text).digest().subarray(0, 16)
  raw[6] = (raw.readUInt8(6) & 0x0f) | 0x80
  raw[8] = (raw.readUInt8(8) & 0x3f) | 0x80
  return uuidText(raw.toString('hex')) as Id
}

/** The instant that a UUID of version 7 was made with. */
export const instantOfUuid = (id: string): Instant => instant(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))

/** Evenly distributed characters: bytes that would favour some letters are thrown away. */
function randomText(alphabet: string, length: number, bytes: Bytes): string {
  const fairBelow = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of bytes(length)) {
      if (byte < fairBelow && text.length < length) text += alphabet[byte % alphabet.length]
    }
  }
  check(text.length === length, 'a random text has the length that was asked for')
  return text
}
