import { after, before, hours, isoZ, wholeSecond } from '../../lib/time.ts'
import type { PastEvent } from '../rendering/past-event.ts'
import type { Person } from '../person.ts'
import type { PersonOnCall, ShiftChange } from '../shift-change.ts'
import type { ScheduleTrigger } from '../trigger.ts'
import type { Asked } from './asked.ts'
import { ada, ben, ids } from './cast.ts'

/** An example of what happens to who is on call. */
export function scheduleExample(trigger: ScheduleTrigger, { webhook, now, isMarked }: Asked): PastEvent {
  const scheduleId = webhook.scheduleFilter?.[0] ?? ids.schedule
  const at = wholeSecond(now)
  const change: ShiftChange = {
    scheduled_at: isoZ(at),
    detected_at: isoZ(at),
    late: false,
    change_number: 1,
    cause: 'rotation',
    schedule: {
      id: scheduleId,
      name: 'Example schedule',
      type: 'web',
      time_zone: 'Europe/Berlin',
      team: null,
      created_at: isoZ(before(at, hours(24))),
      updated_at: isoZ(before(at, hours(24))),
    },
    previous: [onCall(ada)],
    current: trigger === 'shift change' ? [onCall(ben)] : [],
    next: { at: isoZ(after(at, hours(12))), users: [onCall(ada)] },
    gap: trigger === 'schedule gap',
    escalation_chains: [{ id: ids.chain, name: 'Example chain' }],
    ...(isMarked ? { test: true } : {}),
  }
  const { organizationId } = webhook
  const type = trigger === 'shift change' ? 'schedule.shift_changed' : 'schedule.gap_started'
  return {
    told: { id: ids.event, type, trigger, sequence: 0, at: now, data: JSON.stringify(change), report: null },
    cause: {
      about: 'schedule',
      organizationId,
      eventSequence: 0,
      eventAt: now,
      trigger,
      scheduleId,
      change,
      scheduledAt: at,
    },
  }
}

const onCall = (person: Person): PersonOnCall => ({
  ...person,
  cover: { kind: 'layer', id: ids.shift, name: 'Example shift' },
})
