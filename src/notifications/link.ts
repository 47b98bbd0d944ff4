import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { check } from '../lib/check.ts'
import { type AlertGroupId, asId, type OrganizationId, type UserId } from '../lib/ids.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { days, type Instant, instant, type Ms } from '../lib/time.ts'

const linkActions = ['acknowledge', 'resolve'] as const

/** What a link in a message lets its reader do, without signing in. */
export type LinkAction = (typeof linkActions)[number]

/** What a link is good for: one action of one person on one alert group, for some time. */
export type LinkClaim = {
  readonly organizationId: OrganizationId
  readonly userId: UserId
  readonly alertGroupId: AlertGroupId
  readonly action: LinkAction
  /** Counted in whole seconds; what is beyond is cut off. */
  readonly expiresAt: Instant
}

/** Long enough for an alert group that stays open over a holiday. */
export const linkLifetimeMs: Ms = days(30)

/** The key that signs links, made from the server's secret key (RFC 5869), so that it is good for nothing else. */
export function linkKeyFrom(secretKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secretKey, '', 'watchbell links 1', 32))
}

/**
 * The token of a link: `<signature>.<action>.<organization>.<person>.<alert group>.<expiry>`. The expiry comes last because
 * mail programs that find links in plain text leave out punctuation at their ends, which a signature may have.
 */
export function newLink(key: Uint8Array, claim: LinkClaim): string {
  const { action, organizationId, userId, alertGroupId, expiresAt } = claim
  const expiry = Math.floor(expiresAt / 1000).toString(36)
  const said = [letters[action], organizationId, userId, alertGroupId, expiry]
  check(
    said.every((part) => /^[\w-]+$/.test(part)),
    'ids in a link are letters and digits',
  )
  const text = said.join('.')
  return `${signature(key, text)}.${text}`
}

/** What a token says, if we signed it and it has not expired. Damaged and foreign tokens are all `forged`. */
export function readLink(key: Uint8Array, token: string, now: Instant): Result<LinkClaim, 'forged' | 'expired'> {
  const [signed = '', letter = '', organizationId = '', userId = '', alertGroupId = '', expiry = '', ...rest] = token.split('.')
  const text = [letter, organizationId, userId, alertGroupId, expiry, ...rest].join('.')
  const given = Buffer.from(signed)
  const own = Buffer.from(signature(key, text))
  if (given.length !== own.length || !timingSafeEqual(given, own)) return no('forged')
  const action = linkActions.find((name) => letters[name] === letter)
  if (action === undefined) return no('forged')
  const expiresAt = instant(Number.parseInt(expiry, 36) * 1000)
  if (now >= expiresAt) return no('expired')
  return ok({
    organizationId: asId<OrganizationId>(organizationId),
    userId: asId<UserId>(userId),
    alertGroupId: asId<AlertGroupId>(alertGroupId),
    action,
    expiresAt,
  })
}

const letters = { acknowledge: 'a', resolve: 'r' } as const satisfies Record<LinkAction, string>

/** Half of an HMAC-SHA256, the shortest that RFC 2104 (5) allows: 128 bits, 22 characters. */
function signature(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url')
}
