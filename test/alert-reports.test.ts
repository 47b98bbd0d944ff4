import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Harbour, harbour } from './support/harbour.ts'

let world: Harbour['world']
let ada: Harbour['ada']
let chain: Harbour['chain']
let integration: Harbour['integration']
let service: Harbour['service']
let team: Harbour['team']

beforeAll(async () => {
  ;({ world, ada, chain, integration, service, team } = await harbour())
})
afterAll(() => world.close())

const reports = async (type: string) => {
  const rows = await world.apiDb.sql.selectFrom('events').select('report').where('type', '=', type).orderBy('sequence').execute()
  return rows.map(({ report }) => report)
}

const alertGroupId = async () => (await world.api('GET', 'alert_groups/')).json.results[0].id

it('tells who is asked for what, and of whom, as it is then', async () => {
  await world.request('POST', integration.link, { alert_uid: 'crane-7', title: 'Crane 7 stands', message: 'No power' })
  const id = await alertGroupId()
  const person = {
    ...{ id: ada.id, username: 'ada', name: 'ada', first_name: 'ada', last_name: '' },
    ...{ email: 'ada@bell.example', role: 'admin', slack_user_id: null },
  }
  expect(await reports('alert_group.created')).toEqual([
    {
      organization: { id: expect.stringMatching(/^O/), name: expect.any(String) },
      integration: {
        id: integration.id,
        name: 'Crane watch',
        type: 'formatted_webhook',
        type_title: 'Formatted webhook',
        created_at: expect.stringMatching(/Z$/),
      },
      service: { id: service.id, name: 'Quay cranes', team_id: team.id, created_at: expect.stringMatching(/Z$/) },
      team: { id: team.id, name: 'Harbour' },
      escalation_chain: { id: chain.id, name: 'Critical' },
      alert_group: {
        ...{ id, title: 'Crane 7 stands', message: 'No power', grouping_key: 'crane-7' },
        ...{ url: `https://bell.example/alert-groups/${id}`, source_link: null, urgency: 'high', labels: {} },
        ...{ state: 'firing', alerts_count: 1, created_at: expect.stringMatching(/Z$/) },
        ...{ acknowledged_at: null, resolved_at: null },
      },
      assigned_to: { type: 'escalation_chain', id: chain.id, name: 'Critical' },
      ...{ person: null, acknowledged_by: null, resolved_by: null },
      notified: [],
      first_to_page: person,
    },
  ])
})

it('tells whom the alert group was handed to, and by whom', async () => {
  const id = await alertGroupId()
  await world.api('POST', `alert_groups/${id}/reassign/`, { team: team.id })
  await world.api('POST', `alert_groups/${id}/reassign/`, { user: ada.id })
  expect(await reports('alert_group.reassigned')).toMatchObject([
    { assigned_to: { type: 'team', id: team.id, name: 'Harbour' }, person: { id: ada.id } },
    { assigned_to: { type: 'user', user: { id: ada.id, email: 'ada@bell.example' } }, escalation_chain: { name: 'Critical' } },
  ])
})

it('is taken away with all else when the alert group is wiped', async () => {
  await world.api('DELETE', `alert_groups/${await alertGroupId()}/`, { mode: 'wipe' })
  expect(await reports('alert_group.created')).toEqual([null])
})
