import type { PersonOnCall, ShiftChange } from '../shift-change.ts'

/** One place in a schedule that somebody leaves, or takes, or both. */
type Transition = { readonly leaving: PersonOnCall | null; readonly arriving: PersonOnCall | null }

/**
 * Shift changes as Zenduty tells of them, together: by the name of the team, then of the schedule, a list of transitions.
 * Teams and schedules of the same name share a place. The order of the members is the one of Zenduty's documents.
 */
export function zendutyBody(changes: readonly ShiftChange[]): string {
  const teams = new Map<string, Map<string, object[]>>()
  for (const change of changes) {
    const schedules = placeIn(teams, teamName(change), () => new Map<string, object[]>())
    const list = placeIn(schedules, change.schedule.name, () => [])
    for (const transition of transitionsOf(change)) list.push(transitionDocument(change, transition))
  }
  // Made of entries, because a name may be any text, also that of a property that every object has.
  const transitions = Object.fromEntries([...teams].map(([team, schedules]) => [team, Object.fromEntries(schedules)]))
  return JSON.stringify({ event_type: 'oncall_change', transitions })
}

/** How many entries of lists a change makes. */
export const transitionCount = (change: ShiftChange): number => transitionsOf(change).length

/**
 * Who leaves and who arrives are paired where they are of the same layer, then in order; whoever is left over has nobody at
 * the other side.
 */
function transitionsOf({ previous, current }: ShiftChange): readonly Transition[] {
  const arriving = without(current, previous)
  const leaving = without(previous, current)
  const sameLayer = new Map<PersonOnCall, PersonOnCall>()
  for (const newcomer of arriving) {
    const before = leaving.find(({ cover }) => cover.id === newcomer.cover.id)
    if (before === undefined) continue
    leaving.splice(leaving.indexOf(before), 1)
    sameLayer.set(newcomer, before)
  }
  const taken = arriving.map((newcomer) => ({ leaving: sameLayer.get(newcomer) ?? leaving.shift() ?? null, arriving: newcomer }))
  return [...taken, ...leaving.map((leaver) => ({ leaving: leaver, arriving: null }))]
}

const without = (people: readonly PersonOnCall[], others: readonly PersonOnCall[]): PersonOnCall[] =>
  people.filter(({ id }) => others.every((other) => other.id !== id))

function transitionDocument(change: ShiftChange, { leaving, arriving }: Transition): object {
  const { schedule, scheduled_at, escalation_chains } = change
  const cover = (arriving ?? leaving)?.cover
  return {
    schedule_id: schedule.id,
    schedule_name: schedule.name,
    team_id: schedule.team?.id ?? null,
    team_name: teamName(change),
    previous_user: userDocument(leaving),
    new_user: userDocument(arriving),
    transition_time: scheduled_at.replace(/Z$/, '+00:00'),
    layer_type: cover?.kind === 'override' ? 'override' : 'layer',
    layer_name: cover?.name ?? (cover?.kind === 'override' ? 'Override' : 'Layer'),
    time_zone: schedule.time_zone,
    escalation_policies: escalation_chains.map(({ id, name }) => ({ ep_id: id, ep_name: name })),
  }
}

const teamName = ({ schedule }: ShiftChange): string => schedule.team?.name ?? 'No team'

const userDocument = (person: PersonOnCall | null) =>
  person === null ? null : { username: person.username, first_name: person.first_name, last_name: person.last_name }

function placeIn<Value>(places: Map<string, Value>, name: string, make: () => Value): Value {
  const found = places.get(name) ?? make()
  places.set(name, found)
  return found
}
