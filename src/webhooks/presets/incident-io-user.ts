import type { Person } from '../person.ts'

/** A person as incident.io shows them. Who has no Slack user has no member of that name. */
export const userDocument = ({ email, id, name, role, slack_user_id }: Person) => ({
  email,
  id,
  name,
  role: roles.get(role) ?? 'unset',
  ...(slack_user_id === null ? {} : { slack_user_id }),
})

/** Ours in the words of incident.io; nobody here is what is called an owner there. */
const roles: ReadonlyMap<string, string> = new Map([
  ['admin', 'administrator'],
  ['editor', 'responder'],
  ['viewer', 'viewer'],
])
