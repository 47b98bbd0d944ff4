import type { Connection } from '../../src/db/open.ts'
import type { Client } from '../processes/client.ts'
import { makeWebhook } from '../processes/client.ts'
import type { HookArrival } from '../processes/receivers.ts'
import { run } from '../support/address.ts'

const turnMs = 20_000
const scheduleCount = 20

/** Schedules of which one hands over every second, between two people, and a webhook that hears of it. */
export async function makeHandOvers(client: Client, hookUrl: string): Promise<void> {
  await makeWebhook(client, { name: 'hand-overs', url: hookUrl, trigger: 'shift change' })
  const people: string[] = []
  for (const username of ['dawn', 'dusk']) people.push((await makePerson(client, username)).id)
  const firstAt = Math.floor(Date.now() / 1000) * 1000 - 60_000
  for (let number = 0; number < scheduleCount; number += 1) {
    const start = new Date(firstAt + (number * turnMs) / scheduleCount).toISOString().slice(0, 19)
    const schedule = await client.call<Made>('POST', 'schedules/', { type: 'web', name: `schedule ${number}`, time_zone: 'UTC' })
    const turn = { unit: 'elapsed', length: turnMs / 1000 }
    await client.call('POST', `schedules/${schedule.id}/layers/`, { start, turn, groups: people.map((id) => [id]) })
  }
}

type Made = { readonly id: string }

/** Somebody who wants no reminders, since there would be one every second. */
const makePerson = (client: Client, username: string): Promise<Made> =>
  client.call<Made>('POST', 'users/', { username, email: `${username}@people.example`, role: 'editor', shift_reminders: [] })

/** A hand-over as the log of events has it. */
export type HandOver = {
  readonly sequence: number
  readonly foundAt: number
  readonly scheduleId: string
  readonly at: number
  readonly number: number
  readonly isLate: boolean
  readonly previous: string
  readonly current: string
}

/** All that was announced until now. */
export async function announced(connection: Connection): Promise<readonly HandOver[]> {
  const rows = await run(
    connection,
    `select sequence, at, data from events where type = 'schedule.shift_changed' order by sequence`,
  )
  return rows.map(({ sequence, at, data }) => {
    const told: Told = JSON.parse(String(data))
    return {
      sequence: Number(sequence),
      foundAt: at instanceof Date ? at.getTime() : Number.NaN,
      scheduleId: told.schedule.id,
      at: Date.parse(told.scheduled_at),
      number: told.change_number,
      isLate: told.late,
      previous: idsOf(told.previous),
      current: idsOf(told.current),
    }
  })
}

type Told = {
  readonly schedule: { readonly id: string }
  readonly scheduled_at: string
  readonly change_number: number
  readonly late: boolean
  readonly previous: readonly { readonly id: string }[]
  readonly current: readonly { readonly id: string }[]
}

const idsOf = (people: readonly { readonly id: string }[]): string => people.map(({ id }) => id).join()

/** How long after a hand-over it is found late; instants are told in whole seconds. */
const lateMs = 5000
const roundedMs = 1000

/** What breaks the promises about hand-overs, by promise. */
export function brokenHandOvers(
  handOvers: readonly HandOver[],
  arrivals: readonly HookArrival[],
): Readonly<Record<string, readonly string[]>> {
  const bySchedule = Map.groupBy(handOvers, ({ scheduleId }) => scheduleId)
  const pairs = [...bySchedule.values()].flatMap((own) => own.map((one, index) => ({ one, before: own[index - 1] })))
  const told = Map.groupBy(arrivals, ({ sequence }) => sequence)
  return {
    'every schedule hands over': bySchedule.size === scheduleCount ? [] : [`${bySchedule.size} schedules did`],
    'each hand-over is announced once, at its instant and in order': pairs.flatMap(({ one, before }) => {
      // The first one is that there is a schedule.
      const isFirstTurn = before !== undefined && before.number === 1 && one.at > before.at && one.at - before.at <= turnMs
      const isNext = before === undefined ? one.number === 1 : isFirstTurn || one.at - before.at === turnMs
      return isNext && one.number === (before?.number ?? 0) + 1 ? [] : [`${wordsOf(before)}, then ${wordsOf(one)}`]
    }),
    'each hand-over is from whoever was announced before': pairs.flatMap(({ one, before }) =>
      one.previous === (before?.current ?? '') && one.previous !== one.current
        ? []
        : [`${wordsOf(before)}, then ${wordsOf(one)}`],
    ),
    'what is found late says so': handOvers.flatMap((one) => {
      const delay = one.foundAt - one.at
      const isSure = Math.abs(delay - lateMs) > roundedMs
      return delay < 0 || (isSure && one.isLate !== delay > lateMs) ? [`${wordsOf(one)}: after ${delay} ms`] : []
    }),
    'each hand-over is told by one message, in order': [
      ...handOvers.flatMap((one) => {
        const ids = new Set((told.get(one.sequence) ?? []).map(({ id }) => id))
        return ids.size === 1 ? [] : [`${wordsOf(one)}: ${ids.size} messages`]
      }),
      ...arrivals.flatMap(({ sequence }, index) => {
        const before = arrivals[index - 1]?.sequence ?? 0
        return sequence < before ? [`event ${sequence} was told after event ${before}`] : []
      }),
    ],
  }
}

const wordsOf = (one: HandOver | undefined): string =>
  one === undefined
    ? 'nothing'
    : `event ${one.sequence} of ${one.scheduleId}, number ${one.number}, ${new Date(one.at).toISOString()}: ${one.previous} to ${one.current}`
