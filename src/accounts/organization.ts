import type { OrganizationId } from '../lib/ids.ts'
import type { FieldErrors } from '../lib/rejection.ts'

/** The tenant; owns everything else. */
export type Organization = { readonly id: OrganizationId; readonly name: string }

/** What it takes to begin: the organization's name, and the e-mail address of its first admin. */
export type NewOrganization = { readonly name: string; readonly email: string }

export const organizationNameMax = 100

/** What is wrong with an organization's name; empty when nothing is. */
export function nameFaults(name: string): FieldErrors {
  if (name === '') return { name: ['This field may not be blank.'] }
  if (/[\p{Cc}\p{Cs}]/u.test(name)) return { name: ['Enter a valid value.'] }
  return name.length > organizationNameMax
    ? { name: [`Ensure this field has no more than ${organizationNameMax} characters.`] }
    : {}
}
