import { isObject } from '../src/lib/json.ts'
import { hours, type Ms, ms, seconds } from '../src/lib/time.ts'
import { baseUrl } from './process.ts'
import type { Deed, Sending } from './record.ts'
import { ask, askApi, byAndBy, insist, type Town } from './town.ts'

/** How the people of a seed are. */
export type Habits = {
  /** How often somebody follows a link in an e-mail. */
  readonly linkShare: number
  /** How often somebody acts just when an e-mail leaves. */
  readonly badMomentShare: number
  /** How often somebody looks at the list and does something. */
  readonly everyMs: Ms
}

export function drawHabits({ dice, troubles }: Town): Habits {
  return {
    linkShare: dice.between(0, 0.3),
    badMomentShare: troubles.rate('hasty people', dice, { low: 0.02, high: 0.5 }),
    everyMs: hours(1 / (troubles.pace * troubles.force(dice, { low: 0.6, high: 12 }))),
  }
}

/** What a person does when an e-mail arrives, or just when it leaves. */
export async function onMail(
  town: Town,
  { linkShare, badMomentShare }: Habits,
  { mail, moment }: { mail: Sending; moment: 'sent' | 'received' },
): Promise<void> {
  const { dice, world } = town
  if (!town.isOpen() || !dice.chance(moment === 'sent' ? badMomentShare : linkShare)) return
  const links = linksIn(mail.body)
  const link = links[dice.below(links.length)]
  if (link === undefined) return
  await world.pause(moment === 'sent' ? ms(dice.below(100)) : seconds(5 * 200 ** dice.between(0, 1)))
  if (moment === 'sent' || dice.chance(0.3)) await act(town, link.alertGroupId, dice.pick(['acknowledge', 'resolve', 'silence']))
  else
    await insist(town, () =>
      ask(town, { method: 'POST', url: link.path, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    )
}

/** Starts the people who look at the list now and then. */
export function startPeople(town: Town, { everyMs }: Habits): void {
  void look(town, everyMs)
  void look(town, everyMs)
}

const actions = ['acknowledge', 'acknowledge', 'resolve', 'silence', 'unacknowledge', 'unresolve', 'unsilence'] as const

async function look(town: Town, everyMs: Ms): Promise<void> {
  for (;;) {
    await byAndBy(town, everyMs)
    if (!town.isOpen()) return
    const answer = await insist(town, () => askApi(town, { method: 'GET', path: '/alert_groups/?perpage=20' }))
    const ids = idsIn(answer.body)
    if (ids.length === 0) continue
    const id = town.dice.pick(ids)
    const deeds = [act(town, id, town.dice.pick(actions))]
    // Two at once are where states get mixed up.
    if (town.dice.chance(0.3)) deeds.push(act(town, id, town.dice.pick(actions)))
    await Promise.all(deeds)
  }
}

async function act(town: Town, alertGroupId: string, action: string): Promise<void> {
  const { records, world, dice } = town
  const body = action === 'silence' ? { body: { delay: 60 * (1 + dice.below(60)) } } : {}
  await insist(town, () => {
    const deed: Deed = { action, alertGroupId, at: world.now(), status: null }
    records.deeds.push(deed)
    return askApi(town, { method: 'POST', path: `/alert_groups/${alertGroupId}/${action}/`, ...body }, (answer) => {
      deed.status = answer?.status ?? null
    })
  })
}

function idsIn(body: string): readonly string[] {
  const page: unknown = JSON.parse(body)
  const results = isObject(page) ? page['results'] : null
  if (!Array.isArray(results)) return []
  return results.flatMap((group: unknown) => (isObject(group) && typeof group['id'] === 'string' ? [group['id']] : []))
}

/** The links of an e-mail that act. Their text is what a mail program would show, so the encoding is taken off first. */
export function linksIn(raw: string): readonly { readonly path: string; readonly alertGroupId: string }[] {
  const text = raw
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const links = [...text.matchAll(/https:\/\/[^\s"<>]+\/r\/[^\s"<>]+/g)].map(([link]) => link)
  return links.flatMap((link) => {
    const alertGroupId = /\.(I[A-Z0-9]{12})\./.exec(link)?.[1]
    return alertGroupId === undefined ? [] : [{ path: link.slice(baseUrl.length), alertGroupId }]
  })
}
