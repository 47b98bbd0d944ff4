import type { PersonOnCall, ShiftChange } from '../shift-change.ts'

const eventType = 'schedule.shift_change_v1'

/** A shift change as incident.io tells of it; the order of the members is the one of its documents. */
export function incidentIoBody({ schedule, previous, current }: ShiftChange): string {
  return JSON.stringify({
    event_type: eventType,
    [eventType]: {
      current_users: current.map(userDocument),
      previous_users: previous.map(userDocument),
      schedule: {
        created_at: schedule.created_at,
        id: schedule.id,
        name: schedule.name,
        team_ids: schedule.team === null ? [] : [schedule.team.id],
        timezone: schedule.time_zone,
        updated_at: schedule.updated_at,
      },
    },
  })
}

/** Who has no Slack user has no member of that name. */
const userDocument = ({ email, id, name, role, slack_user_id }: PersonOnCall) => ({
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
