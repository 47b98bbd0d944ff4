import { isoZ } from '../../lib/time.ts'
import { impossible } from '../../lib/check.ts'
import type { OverrideAction } from '../engine/schedule.ts'
import type { OverrideFields } from './override.ts'

/** An override as it is stored, shown and sent: `parseOverride` reads it back. Overrides that say the same have the same JSON text. */
export const overrideRecord = (override: OverrideFields) => ({
  name: override.name,
  start: isoZ(override.startAt),
  end: isoZ(override.endAt),
  ...actionRecord(override),
})

function actionRecord(action: OverrideAction) {
  switch (action.kind) {
    case 'replace-all':
      return { kind: 'replace_all', users: action.users.length === 0 ? null : [...action.users] } as const
    case 'replace-user':
      return { kind: 'replace_user', user: action.userId, replaced: action.replaced } as const
    case 'add':
    case 'remove':
      return { kind: action.kind, user: action.userId }
    default:
      return impossible(action)
  }
}
