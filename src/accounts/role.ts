export const roles = ['admin', 'editor', 'viewer', 'none'] as const
export type Role = (typeof roles)[number]

/** From the most to the least powerful. */
const rank: Record<Role, number> = { admin: 0, editor: 1, viewer: 2, none: 3 }

/** The one permission table: the least role that may (contract grafana-oncall 1.10; the last rows are ours). */
const leastRole = {
  'alert-groups:read': 'viewer',
  'alert-groups:write': 'editor',
  'integrations:read': 'viewer',
  'integrations:write': 'admin',
  'escalation-chains:read': 'viewer',
  'escalation-chains:write': 'admin',
  'services:read': 'viewer',
  'services:write': 'admin',
  'schedules:read': 'viewer',
  'schedules:write': 'editor',
  'outgoing-webhooks:read': 'viewer',
  'outgoing-webhooks:write': 'admin',
  'user-settings:read': 'viewer',
  'user-settings:write': 'editor',
  'notifications:read': 'editor',
  'other-settings:read': 'viewer',
  'events:read': 'viewer',
  'users:write': 'admin',
  'teams:write': 'admin',
} as const satisfies Record<string, Role>

export type Permission = keyof typeof leastRole

export function may(role: Role, permission: Permission): boolean {
  return rank[role] <= rank[leastRole[permission]]
}

export const isRole = (text: string): text is Role => roles.some((role) => role === text)
