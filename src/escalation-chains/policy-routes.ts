import { type Static, Type } from 'typebox'
import type { App } from '../http/app.ts'
import { lenientInput } from '../http/lenient.ts'
import { pageOf, pageQuery, paginate } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { choice, nullable } from '../http/schema.ts'
import { filterId } from '../lib/fields.ts'
import type { EscalationChainId } from '../lib/ids.ts'
import type { Ports } from '../ports.ts'
import type { EscalationPolicy } from './policy.ts'
import { createPolicy, deletePolicy, findPolicy, listPolicies, updatePolicy } from './policy-commands.ts'
import { stepTypes } from './step.ts'

const read = { permission: 'escalation-chains:read' } as const
const write = { permission: 'escalation-chains:write' } as const

const PolicyShape = Type.Object({
  position: Type.Integer(),
  id: Type.String(),
  escalation_chain_id: Type.String(),
  type: choice(stepTypes),
  duration: Type.Optional(nullable(Type.Integer({ description: 'Seconds.' }))),
  important: Type.Optional(Type.Boolean()),
  action_to_trigger: Type.Optional(nullable(Type.String({ description: 'Id of a webhook.' }))),
  persons_to_notify: Type.Optional(Type.Array(Type.String(), { description: 'Ids of users.' })),
  notify_on_call_from_schedule: Type.Optional(nullable(Type.String({ description: 'Id of a schedule.' }))),
})

const PolicyBody = lenientInput({
  escalation_chain_id: 'Id of the chain; required to create, ignored later.',
  type: `One of ${stepTypes.join(', ')}; required to create. Another type clears what belonged to the one before.`,
  position: 'Where the step goes; -1 is the end. Missing or null: the end for a new step, else where it is.',
  manual_order: 'True: the step that is at `position` takes the old place of this one, instead of making room.',
  important: 'Which of their two lists of notification rules people are paged by.',
  duration: '`wait`: seconds, 60 to 86400; null waits 5 minutes.',
  persons_to_notify: { list: '`notify_persons`: ids of users; unknown ones are dropped.' },
  notify_on_call_from_schedule: '`notify_on_call_from_schedule`: id of a schedule.',
  action_to_trigger: '`trigger_webhook`: id of a webhook.',
})

const PolicyQuery = Type.Object({ ...pageQuery, escalation_chain_id: Type.Optional(Type.String()) })

/** The API of the steps of escalation chains (contract grafana-oncall 4.14). */
export function policyRoutes(app: App, db: Ports['db']): void {
  const tags = ['escalation policies']

  app.get(
    '/api/v1/escalation_policies/',
    {
      config: read,
      schema: {
        summary: 'List the steps of escalation chains',
        tags,
        querystring: PolicyQuery,
        response: { 200: pageOf(PolicyShape) },
      },
    },
    (request) => {
      const chainId = filterId<EscalationChainId>(request.query.escalation_chain_id)
      const listing = listPolicies(db.sql, request.actor, chainId)
      return paginate(request, { pageSize: 50, listing, show: policyShape })
    },
  )

  resourceRoutes(app, db, {
    path: '/api/v1/escalation_policies/',
    idName: 'policyId',
    noun: 'escalation policy',
    tags,
    access: { read, write },
    forms: { body: PolicyBody, shape: PolicyShape, show: policyShape },
    summaries: {
      create: 'Add a step to an escalation chain',
      show: 'Show a step',
      change: 'Change a step',
      remove: 'Remove a step',
    },
    commands: { find: findPolicy, create: createPolicy, update: updatePolicy, remove: deletePolicy },
  })
}

function policyShape({ position, id, chainId, definition }: EscalationPolicy): Static<typeof PolicyShape> {
  const common = { position, id, escalation_chain_id: chainId, type: definition.type }
  switch (definition.type) {
    case 'wait':
      return { ...common, duration: definition.durationMs === null ? null : definition.durationMs / 1000 }
    case 'notify_persons':
      return { ...common, important: definition.important, persons_to_notify: [...definition.userIds] }
    case 'notify_on_call_from_schedule':
      return { ...common, important: definition.important, notify_on_call_from_schedule: definition.scheduleId }
    case 'trigger_webhook':
      return { ...common, action_to_trigger: definition.webhookId }
    case 'repeat_escalation':
    case 'resolve':
      return common
  }
}
