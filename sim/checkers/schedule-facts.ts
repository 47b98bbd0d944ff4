import type pg from 'pg'

/** For as long as something was configured; the end is null until further notice. */
type Held = { readonly from: Date; readonly to: Date | null }

/** What the tables say of schedules: each version of all that says who is on call, as it was recorded. */
export type ScheduleFacts = {
  readonly schedules: readonly ScheduleVersion[]
  readonly shifts: readonly ShiftVersion[]
  readonly layers: readonly LayerVersion[]
  readonly overrides: readonly OverrideVersion[]
  readonly swaps: readonly SwapVersion[]
  readonly presence: readonly { readonly user_id: string; readonly at: Date; readonly present: boolean }[]
}

type ScheduleVersion = Held & {
  readonly id: string
  readonly time_zone: string | null
  readonly shift_ids: readonly string[]
  readonly counts_own: boolean
}

type Part<Definition> = Held & {
  readonly id: string
  readonly schedule_id: string | null
  readonly created_at: Date
  readonly definition: Definition
}

export type ShiftVersion = Part<{
  readonly type: 'single_event' | 'override' | 'recurrent_event' | 'rolling_users'
  readonly level?: number
  readonly time_zone: string | null
  readonly start: string
  readonly rotation_start: string
  /** Seconds. */
  readonly duration: number
  readonly users: readonly string[]
  readonly frequency?: 'hourly' | 'daily'
  readonly interval?: number
  readonly until?: string | null
  readonly rolling_users?: readonly (readonly string[])[]
  readonly start_rotation_from_user_index?: number
}>

export type LayerVersion = Part<{
  readonly level: number
  readonly time_zone: string | null
  readonly start: string
  readonly until: string | null
  readonly turn: {
    readonly unit: 'hours' | 'days' | 'weeks' | 'elapsed'
    readonly length: number
    readonly handover?: string
    readonly weekday?: string
  }
  readonly groups: readonly (readonly string[] | null)[]
  readonly first_group: number
  readonly restrictions: readonly Restriction[]
}>

export type Restriction = { readonly days: readonly string[]; readonly start: string; readonly end: string }

export type OverrideVersion = Part<{ readonly start: string; readonly end: string } & Action>

type Action =
  | { readonly kind: 'replace_all'; readonly users: readonly string[] | null }
  | { readonly kind: 'replace_user'; readonly user: string; readonly replaced: string }
  | { readonly kind: 'add' | 'remove'; readonly user: string }

type SwapVersion = Held & {
  readonly id: string
  readonly schedule_id: string
  readonly created_at: Date
  readonly beneficiary_id: string
  readonly benefactor_id: string | null
  readonly starts_at: Date
  readonly ends_at: Date
}

/** First versions hold from when they were made. */
export async function readScheduleFacts(client: pg.Client): Promise<ScheduleFacts> {
  const rows = async <Row extends pg.QueryResultRow>(text: string): Promise<readonly Row[]> =>
    (await client.query<Row>(text)).rows
  const parts = (kind: string): string => `
    select p.id, p.created_at, v.schedule_id, v.definition, coalesce(v.valid_from, p.created_at) as from, v.valid_to as to
    from shifts p join shift_versions v on v.shift_id = p.id where p.kind = '${kind}' order by p.created_at, p.id, v.valid_from`
  return {
    schedules: await rows<ScheduleVersion>(`
      select s.id, v.time_zone, v.shift_ids, v.enable_web_overrides as counts_own,
        coalesce(v.valid_from, s.created_at) as from, v.valid_to as to
      from schedules s join schedule_versions v on v.schedule_id = s.id order by s.id, v.valid_from`),
    shifts: await rows<ShiftVersion>(parts('shift')),
    layers: await rows<LayerVersion>(parts('layer')),
    overrides: await rows<OverrideVersion>(parts('override')),
    swaps: await rows<SwapVersion>(`
      select s.id, s.beneficiary_id, s.created_at, v.schedule_id, v.benefactor_id, v.starts_at, v.ends_at,
        v.valid_from as from, v.valid_to as to
      from shift_swaps s join shift_swap_versions v on v.swap_id = s.id order by s.created_at, s.id, v.valid_from`),
    presence: await rows<ScheduleFacts['presence'][number]>(
      'select user_id, at, present from presence_changes where present is not null order by at, id',
    ),
  }
}
