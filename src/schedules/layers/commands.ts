import type { Actor } from '../../accounts/actor.ts'
import { check } from '../../lib/check.ts'
import { accepted, type Body } from '../../lib/fields.ts'
import { type LayerId, newPublicId, type OrganizationId, type ScheduleId } from '../../lib/ids.ts'
import type { Listing } from '../../lib/listing.ts'
import { Rejection } from '../../lib/rejection.ts'
import type { Sql, Tx } from '../../ports.ts'
import { refuseBurdenOfLayer } from '../burden-commands.ts'
import { addHeld, changeHeld, heldPart, listHeld, lockedSchedule, removeHeld, unknownPeople } from '../holding-commands.ts'
import { parseLayer, parseLayerUpdate } from './input.ts'
import { layerRecord } from './record.ts'
import { settled } from './rotation.ts'
import type { LayerFields, NativeLayer } from './layer.ts'
import type { Part } from '../part.ts'

/** Where a layer is. */
export type LayerKey = { readonly scheduleId: ScheduleId; readonly id: LayerId }

/** A layer of a schedule of the actor's organization. */
export async function findLayer(sql: Sql, { organizationId }: Actor, { scheduleId, id }: LayerKey): Promise<NativeLayer> {
  return layerIn(await heldPart(sql, layersOf(organizationId, scheduleId), id))
}

/** The layers of a schedule, oldest first; those that this program cannot read are counted only. */
export async function listLayers(sql: Sql, { organizationId }: Actor, scheduleId: ScheduleId): Promise<Listing<NativeLayer>> {
  const { count, items } = await listHeld(sql, layersOf(organizationId, scheduleId))
  return { count, items: async (window) => (await items(window)).map(layerIn) }
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
  const edit = { now: tx.now, timeZone: schedule.timeZone }
  const layer = { ...settled(input, null, edit), id: newPublicId('LY', tx.random.bytes) }
  await refuseBurdenOfLayer(tx, organizationId, { schedule, layer })
  await addHeld(tx, actor, { scheduleId, part: { kind: 'layer', layer }, from: null })
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
  await changeHeld(tx, actor, { scheduleId, part: { kind: 'layer', layer } })
  return layer
}

/** Removes a layer, also one that this program cannot read: from now on it covers nothing. */
export function deleteLayer(tx: Tx, actor: Actor, { scheduleId, id }: LayerKey): Promise<void> {
  return removeHeld(tx, actor, { ...layersOf(actor.organizationId, scheduleId), id })
}

const layersOf = (organizationId: OrganizationId, scheduleId: ScheduleId) =>
  ({ organizationId, scheduleId, kind: 'layer' }) as const

function layerIn(part: Part): NativeLayer {
  check(part.kind === 'layer', 'among layers there are layers')
  return part.layer
}

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
