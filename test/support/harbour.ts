import { newWorld, type World } from './watchbell.ts'

/** A team with a service, whose cranes are watched by a source of alerts that pages Ada. */
export type Harbour = {
  readonly world: World
  readonly ada: { readonly id: string }
  readonly team: { readonly id: string }
  readonly service: { readonly id: string }
  readonly chain: { readonly id: string }
  readonly integration: { readonly id: string; readonly link: string }
}

export async function harbour(): Promise<Harbour> {
  const world = await newWorld({ mailIsOn: false })
  const create = async (path: string, body: object) => (await world.api('POST', path, body)).json
  const ada = (await world.api('GET', 'users/current/')).json
  const team = await create('teams/', { name: 'Harbour' })
  const service = await create('services/', { name: 'Quay cranes', team_id: team.id })
  const chain = await create('escalation_chains/', { name: 'Critical' })
  const step = { type: 'notify_persons', persons_to_notify: [ada.id] }
  await create('escalation_policies/', { escalation_chain_id: chain.id, ...step })
  const integration = await create('integrations/', {
    ...{ type: 'formatted_webhook', name: 'Crane watch', team_id: team.id, service: service.id, urgency: 'high' },
    default_route: { escalation_chain_id: chain.id },
  })
  return { world, ada, team, service, chain, integration }
}
