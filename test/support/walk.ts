import type { Things } from './things.ts'

/** What is sent besides the path; ids come from these things. */
type Sending = {
  readonly query?: (things: Things) => Readonly<Record<string, string>>
  readonly body?: (things: Things) => object
}

/** A request to one's own path that names others' things, and its answer. */
export type Foreign = {
  readonly query?: (theirs: Things) => Readonly<Record<string, string>>
  readonly body?: (theirs: Things, own: Things) => object
  readonly status: number
  /** Members of the answer. */
  readonly answer: object
}

/** How a route is walked. The parameters of the path are filled in by their names. */
export type Walk = Sending & {
  /** Whoever may, gets this. */
  readonly status: number
  /** What is done to the alert group before. */
  readonly first?: string
  /** What is ended before. */
  readonly ends?: (things: Things) => string
  /** Only what is one's own is found. */
  readonly isOwn?: boolean
  readonly foreign?: readonly Foreign[]
  /** What the path with others' ids answers; 404 unless it is said. */
  readonly foreignPathStatus?: number
}

/** Walks by method and path. */
export type Walks = readonly (readonly [string, Walk])[]

let count = 0
/** A number that was not there before. */
export const next = (): number => (count += 1)

/** A name that was not there before. */
export const fresh = (): string => `name ${next()}`

export const list = (...foreign: readonly Foreign[]): Walk => ({ status: 200, foreign })
export const show: Walk = { status: 200 }
export const remove: Walk = { status: 204 }
export const nothing = { status: 200, answer: { count: 0, results: [] } }
export const refused = (field: string, message = 'Object does not exist') => ({ status: 400, answer: { [field]: [message] } })
const notATeam = refused('team_id', 'Select a valid choice. That choice is not one of the available choices.')
export const byTeam: Foreign = { query: ({ teamId }) => ({ team_id: teamId }), ...notATeam }

/** A walk for each of the methods, named with blanks in between. */
export function route(methods: string, path: string, walk: Walk): Walks {
  return methods.split(' ').map((method) => [`${method} /api/v1/${path}`, walk] as const)
}
