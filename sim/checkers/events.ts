import { type Case, type Checker, committedAt, grouped } from './case.ts'

/** The log has no gap, its order is that of the commits, and who follows it misses nothing. Each event that a webhook waits for is owed to it, once. */
export const checkEvents: Checker = (known) => [...checkSequences(known), ...checkWebhooks(known), ...checkDeeds(known)]

function checkSequences({ facts, records }: Case): readonly string[] {
  const sequences = facts.events.map(({ sequence }) => sequence)
  const gap = sequences.findIndex((sequence, index) => sequence !== index + 1)
  const hasty = records.commits.findIndex((commit, index) => commit.sequence <= (records.commits[index - 1]?.sequence ?? 0))
  const missed = sequences.findIndex((sequence, index) => records.followed[index] !== sequence)
  return [
    ...(gap === -1 ? [] : [`Events: after ${gap} comes ${sequences[gap]}`]),
    ...(hasty === -1
      ? []
      : [`Events: after ${records.commits[hasty - 1]?.sequence} was committed ${records.commits[hasty]?.sequence}`]),
    ...(missed === -1 ? [] : [`Events: who follows the log reads ${records.followed[missed]} in place of ${sequences[missed]}`]),
    ...(records.followed.length > sequences.length ? ['Events: who follows the log reads more than there is'] : []),
  ]
}

/** What each event is called by those who wait for it. */
const triggers: Readonly<Record<string, string>> = {
  'alert_group.created': 'alert group created',
  'alert_group.acknowledged': 'acknowledge',
  'alert_group.unacknowledged': 'unacknowledge',
  'alert_group.resolved': 'resolve',
  'alert_group.unresolved': 'unresolve',
  'alert_group.silenced': 'silence',
  'alert_group.unsilenced': 'unsilence',
  'alert_group.escalated': 'escalation',
}

function checkWebhooks({ facts, records, setting }: Case): readonly string[] {
  const integrations = new Map(facts.groups.map((group) => [group.id, group.integration_id]))
  const owed = grouped([...facts.attempts, ...facts.dead], ({ event_sequence, owner_id }) => `${event_sequence} ${owner_id}`)
  return facts.events.flatMap((event) => {
    const trigger = triggers[event.type]
    if (trigger === undefined) return []
    return setting.webhooks.flatMap((webhook) => {
      const isMeant =
        webhook.trigger === trigger ||
        (webhook.trigger === 'status change' && !['escalation', 'alert group created'].includes(trigger))
      const isHeard =
        isMeant && (webhook.integrationId === null || webhook.integrationId === integrations.get(event.alert_group_id ?? ''))
      const ids = new Set((owed.get(`${event.sequence} ${webhook.id}`) ?? []).map(({ message_id }) => message_id))
      const words = `Webhooks: event ${event.sequence} (${event.type}) and the webhook for ${webhook.trigger}`
      if (ids.size > 1) return [`${words}: ${ids.size} messages`]
      if (!isHeard && ids.size > 0) return [`${words}: a message that is not wanted`]
      // What a webhook waits for after it was changed depends on the change.
      const at = committedAt(records, event)
      const isUnchanged = records.edits.every((edit) => edit.webhookId !== webhook.id || edit.from > at)
      return isHeard && isUnchanged && ids.size === 0 ? [`${words}: no message`] : []
    })
  })
}

/** What the API said was done is in the log. */
function checkDeeds({ facts, records }: Case): readonly string[] {
  const done = records.deeds.filter(({ status }) => status === 200)
  return [...grouped(done, ({ action, alertGroupId }) => `${action} ${alertGroupId}`)].flatMap(([words, deeds]) => {
    const [action = '', alertGroupId = ''] = words.split(' ')
    const types = Object.entries(triggers).flatMap(([type, trigger]) => (trigger === action ? [type] : []))
    const events = facts.events.filter((event) => event.alert_group_id === alertGroupId && types.includes(event.type))
    return events.length < deeds.length
      ? [`Events: ${words} was done ${deeds.length} times and is in the log ${events.length} times`]
      : []
  })
}
