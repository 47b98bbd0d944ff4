import type { AlertReport } from '../alert-report.ts'

/** What must be true of an event beside its trigger. This is the form in which people write it, and in which it is stored. */
export type Filter = Group | Condition

export const groupNames = ['all', 'any', 'none'] as const
export type GroupName = (typeof groupNames)[number]

/** At least one list, each with at least one entry. Where there are several lists, each must hold. */
export type Group = { readonly [Name in GroupName]?: readonly Filter[] }

/** What a condition compares with. Numbers and booleans count as their texts. */
export type Scalar = string | number | boolean

export type Condition = { readonly field: string } & Comparison

export type Comparison =
  | { readonly operator: 'is' | 'is_not'; readonly value: Scalar }
  | { readonly operator: 'in'; readonly value: readonly Scalar[] }
  | { readonly operator: 'contains' | 'matches'; readonly value: string }
  | { readonly operator: 'exists'; readonly value: boolean }
  /** A text is an urgency. */
  | { readonly operator: 'greater' | 'less'; readonly value: number | string }

export const operators = ['is', 'is_not', 'in', 'contains', 'matches', 'exists', 'greater', 'less'] as const
export type Operator = (typeof operators)[number]

export const isCondition = (filter: Filter): filter is Condition => 'operator' in filter

type Urgency = AlertReport['alert_group']['urgency']

/** The lowest first. */
export const urgencies = ['low', 'medium', 'high', 'critical'] as const satisfies readonly Urgency[]

/** Where an entry of a group is, as people are told: `all[1].any[0]`. The whole filter is the empty text. */
export const placeIn = (place: string, name: GroupName, index: number): string =>
  `${place === '' ? '' : `${place}.`}${name}[${index}]`
