import type { Actor } from '../accounts/actor.ts'
import { peopleByIds } from '../accounts/commands.ts'
import { mayBeNotified, type User } from '../accounts/user.ts'
import { cancelDeliveries, forgetMails, takeResults } from '../deliveries/commands.ts'
import { type DeliveryResult, lanes } from '../deliveries/delivery.ts'
import { sealedMail } from '../deliveries/sealing.ts'
import { publish } from '../events/commands.ts'
import { known } from '../lib/check.ts'
import { type AlertGroupId, type MessageId, newUuid, type OrganizationId, type UserId } from '../lib/ids.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { after } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import { composeEmail } from './channels/email.ts'
import { linkLifetimeMs, type LinkAction, newLink } from './link.ts'
import { type OwedMail, oweMails } from './mail-commands.ts'
import { writePage } from './message.ts'
import { plan, type Plan, type Sending } from './plan.ts'
import { type PersonalSteps, stepsOf } from './rule.ts'
import { stepsOfPeople } from './rule-store.ts'
import type { NotificationRun, NotificationRunId, NotificationRunKey } from './run.ts'
import type { NotificationSettings } from './settings.ts'
import * as store from './store.ts'
import { isUrgent, type Subject } from './subject.ts'

/** A person who is to be paged, and why. */
export type Page = {
  /** Who pages; the run belongs to its organization. */
  readonly actor: Actor
  readonly userId: UserId
  readonly subject: Subject
  /** Whether it is to follow the person's important rules even if the subject is not urgent. */
  readonly important: boolean
}

/**
 * Begins to page people about subjects, and does at once what is due at once: for a person without rules, one e-mail is
 * owed when the transaction commits. Whom several pages of one call want about the same subject by the same list is paged
 * once; runs of earlier calls go on beside it, so that a long wait before a channel is never begun anew. Answers in the
 * order of the pages: false when the person cannot be reached; why is an event `notification.failed` then. The pages may be
 * of several organizations.
 */
export async function pageAll(tx: Tx, settings: NotificationSettings, pages: readonly Page[]): Promise<readonly boolean[]> {
  if (pages.length === 0) return []
  const wanted = pages.map(wantedRun)
  const distinct = [...new Map(wanted.map((run) => [keyOf(run), run])).values()]
  const personOf = await findPeople(tx.sql, distinct)
  const lists = await stepsOfPeople(tx, distinct)
  const begun = distinct.map((run, index) =>
    begin(tx, settings, { wanted: run, person: personOf(run), lists: known(lists[index], 'each person has two lists') }),
  )
  await store.insertRuns(
    tx,
    begun.flatMap(({ run }) => run ?? []),
  )
  await oweMails(
    tx,
    begun.flatMap(({ mails }) => mails),
  )
  const reachable = new Set(distinct.filter((_, index) => begun[index]?.reachable).map(keyOf))
  return wanted.map((run) => reachable.has(keyOf(run)))
}

/** Ends all paging about a subject, and takes back the pages that have not left yet. */
export async function stopNotifications(tx: Tx, organizationId: OrganizationId, subjectId: AlertGroupId): Promise<void> {
  await store.stopRunsAbout(tx, organizationId, subjectId)
  await cancelDeliveries(tx, await store.runIdsAbout(tx, organizationId, subjectId))
}

/** Stops paging everybody about everything, in all organizations; what waits to be sent is not touched. */
export const stopAllNotifications = store.stopAllRuns

/** Takes away what is kept of a subject for paging about it, and what was written to people. Nothing may still wait to leave. */
export async function forgetNotifications(tx: Tx, organizationId: OrganizationId, subjectId: AlertGroupId): Promise<void> {
  await store.blankRunsAbout(tx, { organizationId, id: subjectId })
  await forgetMails(tx, organizationId, subjectId)
}

/** Deletes all that was done to page people about subjects. */
export const removeNotifications = store.deleteRunsAbout

/** The people to whom a provider has taken over a page about the subject, each once, in the order in which they were reached. */
export function notifiedPeople(db: Sql, organizationId: OrganizationId, subjectId: AlertGroupId): Promise<readonly UserId[]> {
  return store.reachedPeople(db, organizationId, subjectId)
}

/** Takes the steps of a run that are due. The run ends when its person has left or may not be notified any more. */
export async function takeDueSteps(tx: Tx, settings: NotificationSettings, key: NotificationRunKey): Promise<void> {
  const run = await store.lockDueRun(tx, key)
  if (run === null) return
  const person = (await findPeople(tx.sql, [run]))(run)
  const judged = judge(person)
  if (!judged.ok) {
    tellFailure(tx, { ...run, person, channel: null, reason: judged.reason })
    return store.moveOn(tx, run, null)
  }
  const { mails, next } = advance(tx, { run, person: judged.value, settings })
  await oweMails(tx, mails)
  await store.moveOn(tx, run, next)
}

/** Takes what became of pages into the timeline. */
export async function recordResults(tx: Tx, ids: readonly number[]): Promise<void> {
  const results = await takeResults(tx, ids)
  const runs = await store.runsByIds(
    tx.sql,
    results.flatMap(({ organizationId, cancelKey: id }) => (id === null ? [] : [{ organizationId, id }])),
  )
  const personOf = await findPeople(tx.sql, runs)
  const recorded = results.flatMap((result) => {
    const run = runs.find(({ organizationId, id }) => organizationId === result.organizationId && id === result.cancelKey)
    return run === undefined ? [] : [{ run, result }]
  })
  for (const { run, result } of recorded) tellResult(tx, { run, result, person: personOf(run) })
  await store.markReached(tx, reachedBy(recorded))
}

type Recording = { readonly run: NotificationRun; readonly result: DeliveryResult }

function tellResult(tx: Tx, { run, result, person }: Recording & { readonly person: User | null }): void {
  if (result.ending.kind === 'dead') return tellFailure(tx, { ...run, person, channel: 'email', reason: result.ending.reason })
  tell(tx, 'notification.sent', { ...run, person, channel: 'email' })
}

/** When each run reached its person. Several e-mails of one run may have left; the oldest result counts. */
function reachedBy(recorded: readonly Recording[]) {
  const delivered = recorded.filter(({ result }) => result.ending.kind === 'delivered').toReversed()
  const at = new Map(delivered.map(({ run, result }) => [run, result.at]))
  return [...at].map(([run, reachedAt]) => ({ ...run, at: reachedAt }))
}

type WantedRun = Pick<NotificationRun, 'organizationId' | 'userId' | 'subject' | 'important'>

function wantedRun({ actor: { organizationId }, userId, subject, important }: Page): WantedRun {
  return { organizationId, userId, subject, important: important || isUrgent(subject) }
}

/** One person, one subject, one of the person's lists. */
const keyOf = ({ organizationId, userId, subject, important }: WantedRun): string =>
  `${organizationId} ${userId} ${subject.id} ${important}`

type Beginning = { readonly wanted: WantedRun; readonly person: User | null; readonly lists: PersonalSteps }

type Begun = {
  /** Null: nobody is there to be paged. */
  readonly run: store.NewRun | null
  readonly mails: readonly OwedMail[]
  readonly reachable: boolean
}

function begin(tx: Tx, settings: NotificationSettings, { wanted, person, lists }: Beginning): Begun {
  const judged = judge(person)
  if (!judged.ok) {
    tellFailure(tx, { ...wanted, person, channel: null, reason: judged.reason })
    return { run: null, mails: [], reachable: false }
  }
  const steps = stepsOf(lists, wanted.important)
  const id = newUuid<NotificationRunId>(tx.now, tx.random.bytes)
  const run = { ...wanted, id, steps, nextStep: 0, startedAt: tx.now }
  const { mails, next } = advance(tx, { run, person: judged.value, settings })
  return { run: { run, next }, mails, reachable: settings.mailIsOn }
}

type Advancing = { readonly run: NotificationRun; readonly person: User; readonly settings: NotificationSettings }

/** What the due steps of a run owe, and what comes next. */
function advance(tx: Tx, advancing: Advancing): { readonly mails: readonly OwedMail[]; readonly next: Plan['next'] } {
  const { sendings, next } = plan(advancing.run, tx.now)
  if (next !== null) tx.wake('notifications')
  return { mails: sendings.flatMap((sending) => send(tx, advancing, sending)), next }
}

function send(tx: Tx, advancing: Advancing, { type }: Sending): readonly OwedMail[] {
  switch (type) {
    case 'email': {
      const { run, person, settings } = advancing
      if (settings.mailIsOn) return [mailOf(tx, advancing)]
      tellFailure(tx, { ...run, person, channel: type, reason: 'E-mail is off: WATCHBELL_SMTP_URL is not set' })
      return []
    }
  }
}

function mailOf(tx: Tx, { run, person, settings }: Advancing): OwedMail {
  const { organizationId, subject } = run
  const messageId = newUuid<MessageId>(tx.now, tx.random.bytes)
  const link = (action: LinkAction): string => {
    const expiresAt = after(tx.now, linkLifetimeMs)
    return `${settings.baseUrl}/r/${newLink(settings.linkKey, { organizationId, userId: run.userId, alertGroupId: subject.id, action, expiresAt })}`
  }
  const body = composeEmail({
    messageId,
    at: tx.now,
    from: settings.mailFrom,
    to: person.email,
    about: { organizationId, subjectId: subject.id },
    urgent: run.important,
    page: writePage({
      subject,
      username: person.username,
      links: { acknowledge: link('acknowledge'), resolve: link('resolve') },
    }),
  })
  return {
    organizationId,
    lane: lanes.page,
    messageId,
    messageAt: tx.now,
    message: sealedMail(settings.messageVault, messageId, { target: person.email, body }),
    eventSequence: null,
    groupedSequences: null,
    subjectId: subject.id,
    cancelKey: run.id,
    expiresAt: null,
  }
}

type Whom = Pick<NotificationRun, 'organizationId' | 'userId'>

/** Looks people up, with one statement for each organization. Null for whom there never was. */
async function findPeople(db: Sql, wanted: readonly Whom[]): Promise<(whom: Whom) => User | null> {
  const found = new Map<OrganizationId, ReadonlyMap<string, User>>()
  for (const organizationId of new Set(wanted.map((whom) => whom.organizationId))) {
    const own = wanted.filter((whom) => whom.organizationId === organizationId)
    found.set(organizationId, await peopleByIds(db, organizationId, [...new Set(own.map(({ userId }) => userId))]))
  }
  return ({ organizationId, userId }) => found.get(organizationId)?.get(userId) ?? null
}

/** A person who may be paged, or why not, as a sentence for people. */
function judge(person: User | null): Result<User, string> {
  if (person === null) return no('This person does not exist any more')
  if (mayBeNotified(person)) return ok(person)
  return no(person.active ? `The role ${person.role} may not be notified` : 'The account of this person is deactivated')
}

type Telling = Pick<NotificationRun, 'organizationId' | 'userId' | 'subject' | 'important'> & {
  readonly person: User | null
  readonly channel: Sending['type'] | null
}

function tellFailure(tx: Tx, telling: Telling & { readonly reason: string }): void {
  tell(tx, 'notification.failed', telling)
}

/** What became of a page is an event of its alert group, by Watchbell itself. */
function tell(tx: Tx, type: 'notification.sent' | 'notification.failed', telling: Telling & { readonly reason?: string }): void {
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
