import { isObject } from '../../src/lib/json.ts'
import type { AlertRequest } from '../record.ts'
import { type Case, type Checker, grouped } from './case.ts'
import type { AlertRow } from './facts.ts'

/** Of a storm, only so many alerts of a group are kept as received. */
const keptMax = 100

/** P1: an accepted alert is in exactly one alert group, which counts it, and one group per key is open at any time. */
export const checkAlerts: Checker = (known) => [...checkRequests(known), ...checkGroups(known), ...checkOneOpen(known)]

/** Each accepted request is one stored alert; each other one at most one, since its answer may have been lost. */
function checkRequests({ facts, records }: Case): readonly string[] {
  const rows = grouped(facts.alerts, (row) => partsOf(row).mark)
  const stormy = new Set(facts.groups.filter((group) => group.alerts_count > keptMax).map((group) => group.integration_id))
  // A commit that failed for the server alone is done again: then its alerts are there twice, and nothing is lost.
  const spare = records.unheardCommits.filter((name) => name === 'receive alerts').length
  const strangers = [...rows.keys()].filter((mark) => !records.alerts.some((request) => request.mark === mark))
  return [
    ...strangers.map((mark) => `P1: an alert is stored that nobody sent: ${mark}`),
    ...records.alerts.flatMap((request) => {
      const count = rows.get(request.mark)?.length ?? 0
      if (count > 1 + spare) return [`P1: ${wordsOf(request)} is stored ${count} times`]
      if (request.isAccepted && count === 0 && !stormy.has(request.integrationId))
        return [`P1: ${wordsOf(request)} was accepted and is in no alert group`]
      return []
    }),
  ]
}

/** A group counts what it holds, and holds one key of one integration. */
function checkGroups({ facts, records }: Case): readonly string[] {
  const rows = grouped(facts.alerts, (row) => row.alert_group_id)
  const requests = new Map(records.alerts.map((request) => [request.mark, request]))
  return facts.groups.flatMap((group) => {
    const own = rows.get(group.id) ?? []
    const faults: string[] = []
    const expected = Math.min(group.alerts_count, keptMax)
    if (own.length !== expected) faults.push(`P1: ${group.id} counts ${group.alerts_count} alerts and holds ${own.length}`)
    if (own.some((row, index) => row.number !== index + 1))
      faults.push(`P1: the alerts of ${group.id} are not numbered 1, 2, 3, …`)
    const keys = new Set(own.map((row) => partsOf(row).key))
    if (keys.size > 1) faults.push(`P1: ${group.id} mixes the keys ${[...keys].join(', ')}`)
    const stray = own.find((row) => requests.get(partsOf(row).mark)?.integrationId !== group.integration_id)
    if (stray !== undefined) faults.push(`P1: ${group.id} holds an alert of another integration`)
    return faults
  })
}

/** Walks the log: a group opens only while no other one takes the alerts of its key. */
function checkOneOpen({ facts }: Case): readonly string[] {
  const integrations = new Map(facts.groups.map((group) => [group.id, group.integration_id]))
  const keys = new Map(
    facts.alerts.map((row) => [row.alert_group_id, `${integrations.get(row.alert_group_id)} ${partsOf(row).key}`]),
  )
  const open = new Map<string, string>()
  const alone = new Set<string>()
  const faults: string[] = []
  for (const { type, alert_group_id: id, sequence } of facts.events) {
    const key = id === null ? undefined : keys.get(id)
    if (id === null || key === undefined) continue
    const other = open.get(key)
    if (type === 'alert_group.created') {
      if (other !== undefined) faults.push(`P1: event ${sequence} opens ${id} while ${other} is open for the same key`)
      open.set(key, id)
    }
    // A group that comes back while another one is open takes no alerts any more, for ever.
    if (type === 'alert_group.unresolved' && other !== undefined) alone.add(id)
    if (type === 'alert_group.unresolved' && !alone.has(id)) open.set(key, id)
    if (type === 'alert_group.resolved' && other === id) open.delete(key)
  }
  return faults
}

/** What a source put into a payload. */
export function partsOf({ payload }: Pick<AlertRow, 'payload'>): { readonly mark: string; readonly key: string } {
  const json: unknown = JSON.parse(payload)
  const text = (name: string): string => (isObject(json) && typeof json[name] === 'string' ? json[name] : '')
  return { mark: text('mark'), key: text('alert_uid') || text('groupKey') }
}

const wordsOf = ({ mark, key, integrationId }: AlertRequest): string => `the alert ${mark} of ${key} at ${integrationId}`
