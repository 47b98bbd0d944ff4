import type { Actor } from '../accounts/actor.ts'
import { mayBeNotified, type User } from '../accounts/user.ts'
import { cancelDeliveries, forgetMails } from '../deliveries/commands.ts'
import { lanes } from '../deliveries/delivery.ts'
import { sealedMail } from '../deliveries/sealing.ts'
import { known } from '../lib/check.ts'
import { type AlertGroupId, type MessageId, newUuid, type OrganizationId, type UserId } from '../lib/ids.ts'
import { no, ok, type Result } from '../lib/result.ts'
import { after } from '../lib/time.ts'
import type { Sql, Tx } from '../ports.ts'
import { composeEmail } from './channels/email.ts'
import { linkLifetimeMs, type LinkAction, newLink } from './link.ts'
import type { OwedMail } from './mail-commands.ts'
import { writePage } from './message.ts'
import { deleteAllNews, deleteNewsAbout, deletePagesAbout } from './news-store.ts'
import { type Chosen, chosenWebhooks } from './personal-webhook-commands.ts'
import { plan, type Plan, type Sending } from './plan.ts'
import { type Step, stepsOf } from './rule.ts'
import { stepsOfPeople } from './rule-store.ts'
import type { NotificationRun, NotificationRunId, NotificationRunKey } from './run.ts'
import type { NotificationSettings } from './settings.ts'
import * as store from './store.ts'
import { isUrgent, type Subject, type SubjectRef } from './subject.ts'
import { failed, findPeople, nothing, owe, type Owed, together } from './telling-commands.ts'

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
  const steps = distinct.map(({ important }, index) => stepsOf(known(lists[index], 'each person has two lists'), important))
  const webhookOf = await chosenWebhooks(
    tx,
    distinct.filter((_, index) => steps[index]?.some(isWebhook)),
  )
  const begun = distinct.map((run, index) =>
    begin(tx, settings, { wanted: run, person: personOf(run), steps: steps[index] ?? [], webhook: webhookOf(run) }),
  )
  await store.insertRuns(
    tx,
    begun.flatMap(({ run }) => run ?? []),
  )
  await owe(
    tx,
    begun.map(({ owed }) => owed),
  )
  const reachable = new Set(distinct.filter((_, index) => begun[index]?.reachable).map(keyOf))
  return wanted.map((run) => reachable.has(keyOf(run)))
}

/** Ends all paging about a subject, and takes back the pages that have not left yet. */
export async function stopNotifications(tx: Tx, organizationId: OrganizationId, subjectId: AlertGroupId): Promise<void> {
  await store.stopRunsAbout(tx, organizationId, subjectId)
  await deletePagesAbout(tx, { organizationId, id: subjectId })
  await cancelDeliveries(tx, await store.runIdsAbout(tx, organizationId, subjectId))
}

/** Stops paging everybody about everything, and telling of it, in all organizations; what waits to be sent is not touched. */
export async function stopAllNotifications(tx: Tx): Promise<void> {
  await store.stopAllRuns(tx)
  await deleteAllNews(tx)
}

/** Takes away what is kept of a subject for paging about it, and what was written to people. Nothing may still wait to leave. */
export async function forgetNotifications(tx: Tx, organizationId: OrganizationId, subjectId: AlertGroupId): Promise<void> {
  await store.blankRunsAbout(tx, { organizationId, id: subjectId })
  await deleteNewsAbout(tx, [{ organizationId, id: subjectId }])
  await forgetMails(tx, organizationId, subjectId)
}

/** Deletes all that was done to page people about subjects. */
export async function removeNotifications(tx: Tx, subjects: readonly SubjectRef[]): Promise<void> {
  await store.deleteRunsAbout(tx, subjects)
  await deleteNewsAbout(tx, subjects)
}

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
    await owe(tx, [failed(tx, { ...run, person, channel: null, reason: judged.reason })])
    return store.moveOn(tx, run, null)
  }
  const webhookOf = await chosenWebhooks(tx, run.steps.slice(run.nextStep).some(isWebhook) ? [run] : [])
  const { owed, next } = advance(tx, { run, person: judged.value, settings, webhook: webhookOf(run) })
  await owe(tx, [owed])
  await store.moveOn(tx, run, next)
}

type WantedRun = Pick<NotificationRun, 'organizationId' | 'userId' | 'subject' | 'important'>

function wantedRun({ actor: { organizationId }, userId, subject, important }: Page): WantedRun {
  return { organizationId, userId, subject, important: important || isUrgent(subject) }
}

/** One person, one subject, one of the person's lists. */
const keyOf = ({ organizationId, userId, subject, important }: WantedRun): string =>
  `${organizationId} ${userId} ${subject.id} ${important}`

type Beginning = Pick<Advancing, 'webhook'> & {
  readonly wanted: WantedRun
  readonly person: User | null
  readonly steps: readonly Step[]
}

type Begun = {
  /** Null: nobody is there to be paged. */
  readonly run: store.NewRun | null
  readonly owed: Owed
  readonly reachable: boolean
}

function begin(tx: Tx, settings: NotificationSettings, { wanted, person, steps, webhook }: Beginning): Begun {
  const judged = judge(person)
  if (!judged.ok) {
    const owed = failed(tx, { ...wanted, person, channel: null, reason: judged.reason })
    return { run: null, owed, reachable: false }
  }
  const id = newUuid<NotificationRunId>(tx.now, tx.random.bytes)
  const run = { ...wanted, id, steps, nextStep: 0, startedAt: tx.now }
  const { owed, next } = advance(tx, { run, person: judged.value, settings, webhook })
  const reachable = steps.some((step) => (isWebhook(step) ? webhook.ok : step.type === 'email' && settings.mailIsOn))
  return { run: { run, next }, owed, reachable }
}

type Advancing = {
  readonly run: NotificationRun
  readonly person: User
  readonly settings: NotificationSettings
  readonly webhook: Chosen
}

const isWebhook = ({ type }: Step): boolean => type === 'webhook'

/** What the due steps of a run owe, and what comes next. */
function advance(tx: Tx, advancing: Advancing): { readonly owed: Owed; readonly next: Plan['next'] } {
  const { sendings, next } = plan(advancing.run, tx.now)
  if (next !== null) tx.wake('notifications')
  return { owed: together(sendings.map((sending) => send(tx, advancing, sending))), next }
}

function send(tx: Tx, advancing: Advancing, { type: channel }: Sending): Owed {
  const { run, person, settings, webhook } = advancing
  switch (channel) {
    case 'email':
      if (settings.mailIsOn) return { ...nothing, mails: [mailOf(tx, advancing)] }
      return failed(tx, { ...run, person, channel, reason: 'E-mail is off: WATCHBELL_SMTP_URL is not set' })
    case 'webhook': {
      if (!webhook.ok) return failed(tx, { ...run, person, channel, reason: webhook.reason })
      const { organizationId, subject, id: runId, userId, important } = run
      const { webhookId, context } = webhook.value
      const news = { kind: 'page', runId, userId, webhookId, context, important } as const
      return { ...nothing, news: [{ organizationId, subjectId: subject.id, news }] }
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

/** A person who may be paged, or why not, as a sentence for people. */
function judge(person: User | null): Result<User, string> {
  if (person === null) return no('This person does not exist any more')
  if (mayBeNotified(person)) return ok(person)
  return no(person.active ? `The role ${person.role} may not be notified` : 'The account of this person is deactivated')
}
