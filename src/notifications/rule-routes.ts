import { type Static, Type } from 'typebox'
import type { Actor } from '../accounts/actor.ts'
import { peopleByIds } from '../accounts/commands.ts'
import type { App } from '../http/app.ts'
import { lenientInput } from '../http/lenient.ts'
import { pageOf, pageQuery, paginate } from '../http/pagination.ts'
import { resourceRoutes } from '../http/resource.ts'
import { choice } from '../http/schema.ts'
import { filterId, filterText } from '../lib/fields.ts'
import type { UserId } from '../lib/ids.ts'
import { invalid } from '../lib/rejection.ts'
import type { Ports, Sql } from '../ports.ts'
import { type NotificationRule, stepTypes } from './rule.ts'
import { createRule, deleteRule, findRule, listRules, updateRule } from './rule-commands.ts'
import { typeNames, waitChoices } from './rule-input.ts'

const read = { permission: 'user-settings:read' } as const
const write = { permission: 'user-settings:write' } as const

const names = stepTypes.map((type) => typeNames[type])

const RuleShape = Type.Object({
  position: Type.Integer(),
  id: Type.String(),
  user_id: Type.String(),
  type: choice(names),
  important: Type.Boolean(),
  duration: Type.Optional(Type.Integer({ description: 'Seconds; only of `wait`.' })),
})

const RuleBody = lenientInput({
  user_id: 'Whose rule it is: oneself, or as an admin anybody; required to create, ignored later.',
  important: 'True: a rule of the list for important pages. False when it is missing; ignored later.',
  type: `One of ${names.join(', ')}; required to create.`,
  duration: `\`wait\`: seconds, one of ${waitChoices.join(', ')}, or such a time as \`0:05:00\`; 300 when it is missing or null.`,
  position: 'Where the rule goes in its list; -1 is the end. Missing or null: the end for a new rule, else where it is.',
  manual_order: 'True: the rule that is at `position` takes the old place of this one, instead of making room.',
})

const RuleQuery = Type.Object({
  ...pageQuery,
  user_id: Type.Optional(Type.String()),
  important: Type.Optional(Type.String({ description: '`true` or `false`.' })),
})

/** The API of people's notification rules (contract grafana-oncall 4.16). */
export function notificationRuleRoutes(app: App, { db }: { readonly db: Ports['db'] }): void {
  const tags = ['notification rules']

  app.get(
    '/api/v1/personal_notification_rules/',
    {
      config: read,
      schema: { summary: 'List notification rules', tags, querystring: RuleQuery, response: { 200: pageOf(RuleShape) } },
    },
    async (request) => {
      const filter = await filterOf(db.sql, request.actor, request.query)
      return paginate(request, { pageSize: 50, listing: listRules(db.sql, request.actor, filter), show: ruleShape })
    },
  )

  resourceRoutes(app, db, {
    path: '/api/v1/personal_notification_rules/',
    idName: 'ruleId',
    noun: 'notification rule',
    tags,
    access: { read, write },
    forms: { body: RuleBody, shape: RuleShape, show: ruleShape },
    summaries: {
      create: 'Add a notification rule',
      show: 'Show a notification rule',
      change: 'Change a notification rule',
      remove: 'Remove a notification rule',
    },
    commands: { find: findRule, create: createRule, update: updateRule, remove: deleteRule },
  })
}

/** Rejects a user whom the organization does not have, and what is neither true nor false. */
async function filterOf(db: Sql, { organizationId }: Actor, query: Static<typeof RuleQuery>) {
  const userId = filterId<UserId>(query.user_id)
  const user = userId === undefined ? undefined : (await peopleByIds(db, organizationId, [userId])).get(userId)
  if (userId !== undefined && user?.active !== true) throw invalid('User not found.')
  const important = filterText(query.important)
  if (important !== undefined && important !== 'true' && important !== 'false') throw invalid('Important is not bool')
  return { userId, important: important === undefined ? undefined : important === 'true' }
}

function ruleShape({ position, id, userId, important, step }: NotificationRule): Static<typeof RuleShape> {
  const common = { position, id, user_id: userId, type: typeNames[step.type], important }
  return step.type === 'wait' ? { ...common, duration: step.durationMs / 1000 } : common
}
