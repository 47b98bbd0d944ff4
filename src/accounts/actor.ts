import type { AlertGroupId, IntegrationId, OrganizationId, UserId } from '../lib/ids.ts'
import type { Role } from './role.ts'

/** Who does something. Every command takes one and names it in the audit and in the event. */
export type Actor =
  /** A person with an API token. */
  | {
      readonly kind: 'user'
      readonly organizationId: OrganizationId
      readonly userId: UserId
      readonly role: Role
      readonly tokenId: string
    }
  /** A person who followed a link in a message: may act on that one alert group and nothing else. */
  | {
      readonly kind: 'link'
      readonly organizationId: OrganizationId
      readonly userId: UserId
      readonly alertGroupId: AlertGroupId
    }
  /** An alert source. */
  | { readonly kind: 'integration'; readonly organizationId: OrganizationId; readonly integrationId: IntegrationId }
  /** Watchbell itself: a step of an escalation, the end of a silence, the command line. */
  | { readonly kind: 'system'; readonly organizationId: OrganizationId }

/** The person behind an actor, or null for machines. */
export function personOf(actor: Actor): UserId | null {
  return actor.kind === 'user' || actor.kind === 'link' ? actor.userId : null
}

/** What the audit and the events keep of an actor. */
export function actorRecord(actor: Actor): Readonly<Record<string, string>> {
  switch (actor.kind) {
    case 'user':
      return { kind: 'user', id: actor.userId, token_id: actor.tokenId }
    case 'link':
      return { kind: 'link', id: actor.userId }
    case 'integration':
      return { kind: 'integration', id: actor.integrationId }
    case 'system':
      return { kind: 'system' }
  }
}
