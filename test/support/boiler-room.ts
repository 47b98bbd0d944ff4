import { type Crew, newCrew, type StillWorld } from './still-world.ts'

export type Source = {
  readonly id: string
  readonly name: string
  readonly link: string
  readonly default_route: { readonly id: string; readonly escalation_chain_id: string }
}

export type GroupState = 'firing' | 'acknowledged' | 'silenced' | 'resolved'

type Step = Readonly<Record<string, unknown>>

/** A crew with an alert source whose alerts page the editor, and short words for what is done with alert groups. */
export type BoilerRoom = {
  readonly crew: Crew
  readonly source: Source
  /** Another source, with an escalation chain of these steps. */
  newSource(steps?: readonly Step[], fields?: object): Promise<Source>
  send(payload: object, from?: Source): Promise<void>
  /** The id of a new alert group, brought into a state by the admin. */
  newGroup(state?: GroupState, from?: Source): Promise<string>
  act(id: string, action: string, body?: object): Promise<void>
  show(id: string): Promise<any>
  timeline(id: string): Promise<readonly any[]>
  typesOf(id: string): Promise<readonly string[]>
}

export async function boilerRoom(world: StillWorld, word: string): Promise<BoilerRoom> {
  const crew = await newCrew(world, word)
  let count = 0
  const create = async (path: string, body: object): Promise<any> => {
    const answer = await crew.api('POST', path, body)
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer.json
  }
  const newSource: BoilerRoom['newSource'] = async (
    steps = [{ type: 'notify_persons', persons_to_notify: [crew.users.editor] }],
    fields = {},
  ) => {
    const chain = await create('escalation_chains/', { name: `chain ${(count += 1)}` })
    for (const step of steps) await create('escalation_policies/', { escalation_chain_id: chain.id, ...step })
    const ties = { default_route: { escalation_chain_id: chain.id } }
    return create('integrations/', { type: 'formatted_webhook', name: `source ${(count += 1)}`, ...ties, ...fields })
  }
  const source = await newSource()
  const send: BoilerRoom['send'] = async (payload, { link } = source) => {
    const answer = await world.app.inject({ method: 'POST', url: new URL(link).pathname, payload })
    if (answer.statusCode !== 200) throw new Error(`alert: ${answer.statusCode} ${answer.body}`)
  }
  const act: BoilerRoom['act'] = async (id, action, body) => {
    const answer = await crew.api('POST', `alert_groups/${id}/${action}/`, body)
    if (answer.status !== 200) throw new Error(`${action}: ${answer.status} ${answer.text}`)
  }
  const timeline: BoilerRoom['timeline'] = async (id) => (await crew.api('GET', `alert_groups/${id}/timeline/`)).json.results
  return {
    ...{ crew, source, newSource, send, act, timeline },
    newGroup: async (state = 'firing', from = source) => {
      const title = `Boiler ${(count += 1)}`
      await send({ alert_uid: title, title, message: '99 degrees' }, from)
      const { json } = await crew.api('GET', `alert_groups/?integration_id=${from.id}&perpage=1000`)
      const { id } = json.results.find((group: { title: string }) => group.title === title)
      const action = { firing: null, acknowledged: 'acknowledge', silenced: 'silence', resolved: 'resolve' }[state]
      if (action !== null) await act(id, action, { delay: -1 })
      return id
    },
    show: async (id) => (await crew.api('GET', `alert_groups/${id}/`)).json,
    typesOf: async (id) => (await timeline(id)).map(({ type }) => type),
  }
}
