import type { Actor } from '../accounts/actor.ts'
import { audit } from '../accounts/commands.ts'
import { accepted, type Body } from '../lib/fields.ts'
import { type LayerId, newPublicId, type OrganizationId, type ScheduleId } from '../lib/ids.ts'
import { check } from '../lib/check.ts'
import type { Listing } from '../lib/listing.ts'
import { notFound, Rejection } from '../lib/rejection.ts'
import type { Sql, Tx } from '../ports.ts'
import { refuseBurdenOfLayer } from './burden-commands.ts'
import { heldPart, lockedSchedule, unknownPeople } from './holding-commands.ts'
import { parseLayer, parseLayerUpdate } from './layer-input.ts'
import { layerRecord } from './layer-record.ts'
import { settled } from './layer-rotation.ts'
import type { LayerFields, NativeLayer } from './layer.ts'
import { partRecord } from './part-record.ts'
import * as store from './part-store.ts'
import { scheduleExists } from './store.ts'
import { lookAgain } from './watch-commands.ts'

/** Where a layer is. */
export type LayerKey = { readonly scheduleId: ScheduleId; readonly id: LayerId }

/** A layer of a schedule of the actor's organization. */
export async function findLayer(sql: Sql, { organizationId }: Actor, { scheduleId, id }: LayerKey): Promise<NativeLayer> {
  const part = await heldPart(sql, layersOf(organizationId, scheduleId), id)
  check(part.kind === 'layer', 'among layers there are layers')
  return part.layer
}

/** The layers of a schedule, oldest first; those that this program cannot read are counted only. */
export async function listLayers(sql: Sql, { organizationId }: Actor, scheduleId: ScheduleId): Promise<Listing<NativeLayer>> {
  if (!(await scheduleExists(sql, { organizationId, id: scheduleId }))) throw notFound()
  const holding = layersOf(organizationId, scheduleId)
  return {
    count: () => store.countParts(sql, holding),
    items: async (window) => {
      const readings = await store.listParts(sql, { ...holding, window })
      return readings.flatMap(({ part }) => (part?.kind === 'layer' ? part.layer : []))
    },
  }
}

/** Adds a layer. Rejects users who do not exist or have left, and what would be too much for the schedule. */
export async function createLayer(
  tx: Tx,
  actor: Actor,
  { scheduleId, body }: { readonly scheduleId: ScheduleId; readonly body: Body },
): Promise<NativeLayer> {
  const { organizationId } = actor
  const schedule = await lockedSchedule(tx, actor, scheduleId)
  const input = accepted(parseLayer(body))
  await refuseUnknown(tx, organizationId, { after: input.layer, before: null })
  const id = newPublicId('LY', tx.random.bytes)
  const layer = { ...settled(input, null, { now: tx.now, timeZone: schedule.timeZone }), id }
  await refuseBurdenOfLayer(tx, organizationId, { schedule, layer })
  const record = partRecord({ kind: 'layer', layer })
  await store.insertPart(tx, { organizationId, id }, { ...record, ownerId: scheduleId, kind: 'layer', from: null })
  await lookAgain(tx, actor, [scheduleId])
  await audit(tx, actor, { action: 'layer created', subjectId: id, details: { schedule_id: scheduleId, name: layer.name } })
  return layer
}

/**
 * Changes what is given, from now on; who was on call until now stays on record. Whoever has the turn under way keeps it, unless the body
 * says otherwise.
 */
export async function updateLayer(
  tx: Tx,
  actor: Actor,
  { body, ...key }: LayerKey & { readonly body: Body },
): Promise<NativeLayer> {
  const { organizationId } = actor
  const { scheduleId, id } = key
  const schedule = await lockedSchedule(tx, actor, scheduleId)
  const before = await findLayer(tx.sql, actor, key)
  const input = accepted(parseLayerUpdate(body, before))
  await refuseUnknown(tx, organizationId, { after: input.layer, before })
  const layer = { ...settled(input, before, { now: tx.now, timeZone: schedule.timeZone }), id }
  if (saysTheSame(before, layer)) return before
  await refuseBurdenOfLayer(tx, organizationId, { schedule, layer })
  await store.writePartVersion(tx, { organizationId, id }, { ...partRecord({ kind: 'layer', layer }), ownerId: scheduleId })
  await lookAgain(tx, actor, [scheduleId])
  await audit(tx, actor, { action: 'layer updated', subjectId: id, details: { schedule_id: scheduleId, name: layer.name } })
  return layer
}

/** Removes a layer, also one that this program cannot read: from now on it covers nothing. */
export async function deleteLayer(tx: Tx, actor: Actor, { scheduleId, id }: LayerKey): Promise<void> {
  const { organizationId } = actor
  await lockedSchedule(tx, actor, scheduleId)
  const reading = await store.findPart(tx.sql, layersOf(organizationId, scheduleId), id)
  if (reading === null) throw notFound()
  await store.markPartDeleted(tx, { organizationId, id })
  await lookAgain(tx, actor, [scheduleId])
  await audit(tx, actor, { action: 'layer deleted', subjectId: id, details: { schedule_id: scheduleId, name: reading.name } })
}

const layersOf = (organizationId: OrganizationId, scheduleId: ScheduleId) =>
  ({ organizationId, scheduleId, kind: 'layer' }) as const

type Change = { readonly before: LayerFields | null; readonly after: LayerFields }

/** People who have left may stay where they are, so that a layer can be sent back as it was shown. The numbers of the groups are keys. */
async function refuseUnknown(tx: Tx, organizationId: OrganizationId, { before, after }: Change): Promise<void> {
  const named = { ids: after.groups.flat(), before: before?.groups.flat() ?? [] }
  const unknown = await unknownPeople(tx, organizationId, named)
  if (unknown.size === 0) return
  const faults = after.groups.map((group) =>
    group.flatMap((id, index) => (unknown.has(id) ? [`The user at index ${index} does not exist.`] : [])),
  )
  const places = faults.flatMap((messages, index) => (messages.length === 0 ? [] : [[String(index), messages] as const]))
  throw new Rejection({ kind: 'invalid-places', field: 'groups', places: Object.fromEntries(places) })
}

const saysTheSame = (left: LayerFields, right: LayerFields): boolean =>
  JSON.stringify(layerRecord(left)) === JSON.stringify(layerRecord(right))
