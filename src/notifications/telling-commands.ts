import { peopleByIds } from '../accounts/commands.ts'
import type { User } from '../accounts/user.ts'
import { publish } from '../events/commands.ts'
import type { OrganizationId } from '../lib/ids.ts'
import type { Sql, Tx } from '../ports.ts'
import { type OwedMail, oweMails } from './mail-commands.ts'
import type { OwedNews } from './news.ts'
import { oweNews } from './news-commands.ts'
import type { Sending } from './plan.ts'
import type { NotificationRun } from './run.ts'

/** What leaves when the transaction commits: mails, and what the stages above are to tell. */
export type Owed = { readonly mails: readonly OwedMail[]; readonly news: readonly OwedNews[] }

export const nothing: Owed = { mails: [], news: [] }

export const together = (all: readonly Owed[]): Owed => ({
  mails: all.flatMap(({ mails }) => mails),
  news: all.flatMap(({ news }) => news),
})

/** Owes all of it. */
export async function owe(tx: Tx, all: readonly Owed[]): Promise<void> {
  const { mails, news } = together(all)
  await oweMails(tx, mails)
  await oweNews(tx, news)
}

export type Telling = Pick<NotificationRun, 'organizationId' | 'userId' | 'subject' | 'important'> & {
  readonly person: User | null
  readonly channel: Sending['type'] | null
}

/** Tells that a person was not reached, and owes the news of it. */
export function failed(tx: Tx, telling: Telling & { readonly reason: string }): Owed {
  tell(tx, 'notification.failed', telling)
  const { organizationId, userId, subject, channel, important, reason } = telling
  const news = { kind: 'failed page', userId, channel, important, reason } as const
  return { ...nothing, news: [{ organizationId, subjectId: subject.id, news }] }
}

/** What became of a page is an event of its alert group, by Watchbell itself. */
export function tell(
  tx: Tx,
  type: 'notification.sent' | 'notification.failed',
  telling: Telling & { readonly reason?: string },
): void {
  const { organizationId, userId, subject, important, person, channel, reason } = telling
  publish(tx, {
    type,
    actor: { kind: 'system', organizationId },
    alertGroup: { id: subject.id, integrationId: subject.integrationId },
    data: {
      user: { id: userId, username: person?.username ?? null },
      channel,
      important,
      ...(reason === undefined ? {} : { reason }),
    },
    webhookId: null,
  })
}

export type Whom = Pick<NotificationRun, 'organizationId' | 'userId'>

/** Looks people up, with one statement for each organization. Null for whom there never was. */
export async function findPeople(db: Sql, wanted: readonly Whom[]): Promise<(whom: Whom) => User | null> {
  const found = new Map<OrganizationId, ReadonlyMap<string, User>>()
  for (const organizationId of new Set(wanted.map((whom) => whom.organizationId))) {
    const own = wanted.filter((whom) => whom.organizationId === organizationId)
    found.set(organizationId, await peopleByIds(db, organizationId, [...new Set(own.map(({ userId }) => userId))]))
  }
  return ({ organizationId, userId }) => found.get(organizationId)?.get(userId) ?? null
}
