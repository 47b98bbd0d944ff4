import type { UserId } from '../../lib/ids.ts'
import type { Instant, Ms } from '../../lib/time.ts'
import type { Weekday } from '../calendar.ts'
import type { LocalTime } from '../local-time.ts'
import type { Zone } from '../zone.ts'

/** All that says who is on call. Everything that people can write down, in any product's terms, is turned into this. */
export type Schedule = {
  readonly layers: readonly Layer[]
  readonly overrides: readonly Override[]
  readonly swaps: readonly Swap[]
  /** People who are not there although layers name them: their turns are nobody's, and what lies below shows through. */
  readonly passedOver: ReadonlySet<UserId>
}

/** From `startAt` up to, but without, `endAt`. */
export type TimeWindow = { readonly startAt: Instant; readonly endAt: Instant }

/** The higher level beats the lower one where it has cover, and one level adds up. A layer with nobody is transparent. */
export type Layer = Rotation | Recurrence | Fixed

type LayerFields = {
  /** Versions of one layer share it. */
  readonly id: string
  readonly level: number
  /** For how long this version of the layer counts; null: from the first instant, or until further notice. */
  readonly fromAt: Instant | null
  readonly toAt: Instant | null
}

/** The level of what beats all layers that people give a level. */
export const aboveEveryLevel = Infinity

/** One stretch of time. */
export type Fixed = LayerFields & TimeWindow & { readonly kind: 'fixed'; readonly users: readonly UserId[] }

/** People in turn. Turn k is of group k, counted around; it lasts until the next turn begins. */
export type Rotation = LayerFields & {
  readonly kind: 'rotation'
  readonly zone: Zone
  readonly groups: readonly Group[]
  /** Turn 0 begins here, however short it is until the first hand-over. */
  readonly startLocal: LocalTime
  readonly endLocal: LocalTime | null
  readonly turn: Turn
  /** The hours that are covered; none: all of them. */
  readonly restrictions: readonly Restriction[]
  /** Whether a turn in which nothing is covered passes (`calendar`) or waits for the next one that is (`active`). */
  readonly consumption: 'calendar' | 'active'
}

/** People who are on call together. */
export type Group = readonly UserId[]

/** How long a turn is, and when it is handed over. Months end early for a `monthday` that they do not have. */
export type Turn =
  | { readonly unit: 'hours' | 'days'; readonly length: number; readonly handover: TimeOfDay }
  | { readonly unit: 'weeks'; readonly length: number; readonly handover: TimeOfDay; readonly weekday: Weekday }
  | { readonly unit: 'months'; readonly length: number; readonly handover: TimeOfDay; readonly monthday: number }
  /** Time as a stop-watch measures it, from the start on; all others follow the clock on the wall. */
  | { readonly unit: 'elapsed'; readonly length: Ms }

/** Since midnight, in whole seconds. */
export type TimeOfDay = Ms

/** Hours of a week on the layer's clock. An end that is not after its start is on the next day; an equal one makes 24 hours. */
export type Restriction =
  | { readonly days: readonly Weekday[]; readonly start: TimeOfDay; readonly end: TimeOfDay }
  /** From a day of the week to another one; the same time of the same day makes a whole week. */
  | { readonly startDay: Weekday; readonly start: TimeOfDay; readonly endDay: Weekday; readonly end: TimeOfDay }

/** Stretches of one length that a rule repeats. Those that overlap add up. */
export type Recurrence = LayerFields & {
  readonly kind: 'recurrence'
  readonly zone: Zone
  /** They take turns in the periods in which the rule has an occurrence; one group has them all. */
  readonly groups: readonly Group[]
  readonly periodsPerTurn: number
  readonly rule: Rule
  /** The rule is counted from here, and takes its time of day from it. */
  readonly startLocal: LocalTime
  /** Occurrences before it are counted, but do not happen. */
  readonly firstLocal: LocalTime
  readonly endLocal: LocalTime | null
  readonly durationMs: Ms
}

/**
 * When something happens: in every `interval`th period from the start on, on the days that pass all the filters (null passes all). Where
 * no filter picks days, it is the start's day of the week or of the month; a month without that day has no occurrence (RFC 5545).
 */
export type Rule = {
  readonly frequency: 'hourly' | 'daily' | 'weekly' | 'monthly'
  readonly interval: number
  /** The first day of weekly periods. */
  readonly weekStart: Weekday
  readonly days: readonly Weekday[] | null
  /** From 1. */
  readonly months: readonly number[] | null
  /** From 1; -1 is the last day of a month. */
  readonly monthdays: readonly number[] | null
}

/** What somebody set aside the layers for. Of two, the one created later has the last word, then the one with the greater id. */
export type Override = TimeWindow & { readonly id: string; readonly createdAt: Instant } & OverrideAction

/** What an override does to who is on call. */
export type OverrideAction =
  /** Without users nobody is on call. */
  | { readonly kind: 'replace-all'; readonly users: readonly UserId[] }
  /** Where the replaced person is on call, the other one is. */
  | { readonly kind: 'replace-user'; readonly replaced: UserId; readonly userId: UserId }
  | { readonly kind: 'add' | 'remove'; readonly userId: UserId }

/** One person stands in for another, wherever a layer names them; while nobody has offered to, shifts are only marked. */
export type Swap = TimeWindow & {
  readonly id: string
  readonly createdAt: Instant
  readonly beneficiary: UserId
  readonly benefactor: UserId | null
}
