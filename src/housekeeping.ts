import { removeAllOldAlertGroups } from './alerts/retention-loop.ts'
import { isClockSettled, keepPartitions, type Times } from './db/partitions.ts'
import { hours } from './lib/time.ts'
import type { Ports } from './ports.ts'

type House = { readonly ownedShards: () => readonly number[]; readonly deliveryLogDays: number }

/** What goes by age, once an hour. Days are made a week ahead, so an hour more or less does not matter. */
export async function keepHouse(ports: Ports, { ownedShards, deliveryLogDays }: House, stop: AbortSignal): Promise<void> {
  const { clock, db, log } = ports
  const failed = (message: string) => (fault: unknown) => log.warn(message, { error: String(fault) })
  while (!stop.aborted) {
    await removeOld(ports, ownedShards, stop).catch(failed('alert groups not removed'))
    await clock.wait(hours(1), stop)
    if (stop.aborted) return
    await timesOf(ports)
      .then((times) => keepPartitions(db.sql, times, { log, deliveryLogDays }))
      .catch(failed('partitions not kept'))
  }
}

async function removeOld(ports: Ports, ownedShards: () => readonly number[], stop: AbortSignal): Promise<void> {
  if (await isClockSettled(ports.db.sql, await timesOf(ports))) await removeAllOldAlertGroups(ports, ownedShards, stop)
}

/** What this program and its database take for now. */
export const timesOf = async ({ clock, db }: Ports): Promise<Times> => ({ now: clock.now(), databaseNow: await db.now() })
