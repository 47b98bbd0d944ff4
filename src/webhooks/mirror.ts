import { type Body, fieldRefusal } from '../lib/fields.ts'
import type { Refusal } from '../lib/rejection.ts'
import { no, ok, type Result } from '../lib/result.ts'
import type { Several } from './webhook.ts'

/**
 * What a body says of a list whose first item has fields of its own beside it, for clients that know these only. The
 * members of an item are named as these fields are.
 */
type Mirrored<Item> = {
  /** The field of the list. */
  readonly listName: string
  /** What the fields of the first item say; where they say nothing, as it is in the list. */
  readonly first: Item
}

/** Null says nothing of a list. */
export const isGiven = (body: Body, listName: string): boolean => (body[listName] ?? null) !== null

/**
 * The list of something new. A field of the first item that says something else is refused, unless it says what was so
 * before.
 */
export function listed<Item extends Record<keyof Item, string>>(
  { listName, first }: Mirrored<Item>,
  list: Several<Item>,
  before: Item | null,
): Result<Several<Item>, Refusal> {
  const stale = new Map<string, unknown>(Object.entries(before ?? {}))
  const said = new Map<string, unknown>(Object.entries(list[0]))
  const wrong = Object.entries(first).find(([name, value]) => value !== said.get(name) && value !== stale.get(name))
  return wrong === undefined
    ? ok(list)
    : no(fieldRefusal(wrong[0], `It must be that of the first of ${listName}, or be left out.`))
}

type Change<Item> = Mirrored<Item> & {
  /** Undefined: the list is not in the body. */
  readonly list: Several<Item> | undefined
  readonly current: Several<Item>
  /** Whether the body has one of the fields of the first item. */
  readonly saysFirst: boolean
  /** A PUT, by which these fields alone mean a list of one. */
  readonly replaces: boolean
}

/** What a change makes of the list. What is sent back as it was read says nothing beside what is new. */
export function changedList<Item extends Record<keyof Item, string>>(change: Change<Item>): Result<Several<Item>, Refusal> {
  const { list, first, current, saysFirst, replaces } = change
  if (list !== undefined && !isSame(list, current)) return listed(change, list, current[0])
  if (!saysFirst) return ok(current)
  const others = list === undefined && replaces ? [] : current.slice(1)
  return ok([first, ...others])
}

const isSame = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other)
