import type { AlertGroup } from '../processes/client.ts'
import type { HookArrival, MailArrival } from '../processes/receivers.ts'
import type { Sent } from './load.ts'

/** Everything that was seen from outside, after all rounds. */
export type Seen = {
  readonly keys: ReadonlyMap<string, Sent>
  readonly refusals: readonly string[]
  readonly groups: readonly AlertGroup[]
  readonly hooks: readonly HookArrival[]
  readonly mails: readonly MailArrival[]
  /** Ids of messages that came although a clean stop had confirmed them before. */
  readonly sentAgain: readonly string[]
}

/** Each promise with what breaks it: a line each, none when it is kept. */
export const promises: Readonly<Record<string, (seen: Seen) => readonly string[]>> = {
  'no alert was refused for good': ({ refusals }) => refusals,

  'each accepted alert has its group, and each key has one group': ({ keys, groups }) => {
    const counts = counted(groups.map(({ title }) => title))
    return [...keys].flatMap(([key, { accepted }]) => {
      const count = counts.get(key) ?? 0
      return accepted > 0 && count !== 1 ? [`${key}: ${count} groups`] : []
    })
  },

  'a group counts each accepted alert, and none that was not sent': ({ keys, groups }) =>
    groups.flatMap(({ title, alerts_count: count }) => {
      const { accepted, tries } = keys.get(title) ?? { accepted: 0, tries: 0 }
      return count < accepted || count > tries ? [`${title}: ${count} alerts, ${accepted} accepted, ${tries} sent`] : []
    }),

  'a group is resolved if and only if its source said so': ({ keys, groups }) =>
    groups.flatMap(({ title, state }) => {
      const expected = keys.get(title)?.resolved === true ? 'resolved' : 'firing'
      return state === expected ? [] : [`${title}: ${state} instead of ${expected}`]
    }),

  'the page of each group that is still firing arrived': ({ groups, mails }) => {
    const arrived = new Set(mails.map(({ alertGroupId }) => alertGroupId))
    return groups.flatMap(({ id, title, state }) => (state === 'firing' && !arrived.has(id) ? [title] : []))
  },

  'the webhook of each opened and each resolved group arrived': ({ groups, hooks }) => {
    const arrived = new Set(hooks.map(({ alertGroupId, event }) => `${alertGroupId} ${event}`))
    return groups.flatMap(({ id, title, state }) => {
      const events = ['alert group created', ...(state === 'resolved' ? ['resolve'] : [])]
      return events.flatMap((event) => (arrived.has(`${id} ${event}`) ? [] : [`${title}: ${event}`]))
    })
  },

  'what came twice came with the same id': ({ hooks, mails }) => [
    ...withTwoIds(hooks.map(({ alertGroupId, event, id }) => ({ about: `${alertGroupId} ${event}`, id }))),
    ...withTwoIds(mails.map(({ alertGroupId, id }) => ({ about: `${alertGroupId} page`, id }))),
  ],

  'nothing was sent about a group that does not exist': ({ groups, hooks, mails }) => {
    const ids = new Set(groups.map(({ id }) => id))
    const about = [...hooks, ...mails].map(({ alertGroupId }) => alertGroupId)
    return [...new Set(about.filter((id) => !ids.has(id)))]
  },

  'what was sent before a clean stop is not sent again': ({ sentAgain }) => sentAgain,
}

function withTwoIds(arrivals: readonly { readonly about: string; readonly id: string }[]): readonly string[] {
  const ids = new Map<string, Set<string>>()
  for (const { about, id } of arrivals) ids.set(about, (ids.get(about) ?? new Set()).add(id))
  return [...ids].flatMap(([about, own]) => (own.size > 1 || own.has('') ? [`${about}: ${[...own].join(', ')}`] : []))
}

function counted(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}
