import type { Static, TSchema } from 'typebox'
import type { Actor } from '../accounts/actor.ts'
import type { Permission } from '../accounts/role.ts'
import type { Brand } from '../lib/brand.ts'
import { known } from '../lib/check.ts'
import type { Body } from '../lib/fields.ts'
import { asId } from '../lib/ids.ts'
import { storable } from '../lib/json.ts'
import type { Database, Sql, Tx } from '../ports.ts'
import type { App } from './app.ts'
import type { lenientInput } from './lenient.ts'
import { noContent, pathParams } from './schema.ts'

type AnyId = Brand<string, string>
type Permitted = { readonly permission: Permission }

/** How things of a kind are called, sent and shown. Their list is a route of its own, since each has other filters. */
type Resource<Thing, Shape extends TSchema> = {
  /** Where the list is, with a slash at its end. */
  readonly path: string
  /** The parameter of the things' own paths. */
  readonly idName: string
  /** As in the names of the transactions, such as `create service`. */
  readonly noun: string
  readonly tags: readonly string[]
  readonly access: { readonly read: Permitted; readonly write: Permitted }
  readonly summaries: Readonly<Record<'create' | 'show' | 'change' | 'remove', string>>
  readonly forms: {
    readonly body: ReturnType<typeof lenientInput>
    readonly shape: Shape
    readonly show: (thing: Thing) => Static<Shape>
  }
}

/** What finds and changes things of a kind; whatever the organization does not have they reject as not found. */
type ResourceCommands<Thing, Id extends AnyId> = {
  readonly find: (sql: Sql, actor: Actor, id: Id) => Promise<Thing>
  readonly create: (tx: Tx, actor: Actor, body: Body) => Promise<Thing>
  readonly update: (tx: Tx, actor: Actor, change: { readonly id: Id; readonly body: Body }) => Promise<Thing>
  /** What PUT does where that is not what PATCH does. */
  readonly replace?: (tx: Tx, actor: Actor, change: { readonly id: Id; readonly body: Body }) => Promise<Thing>
  readonly remove: (tx: Tx, actor: Actor, id: Id) => Promise<void>
  /** Asks what the world outside the database has to say before the transaction begins, and answers the commands that know it. */
  readonly prepare?: (
    actor: Actor,
    change: { readonly id: Id | null; readonly body: Body },
  ) => Promise<Pick<ResourceCommands<Thing, Id>, 'create' | 'update'>>
}

type Flat<Thing, Shape extends TSchema, Id extends AnyId> = Resource<Thing, Shape> & {
  readonly commands: ResourceCommands<Thing, Id>
}

/** Adds POST to the path of a resource, and GET, PUT, PATCH and DELETE to the paths of its things. */
export function resourceRoutes<Thing, Shape extends TSchema, Id extends AnyId>(
  app: App,
  db: Database,
  { commands, ...resource }: Flat<Thing, Shape, Id>,
): void {
  addRoutes(app, db, { ...resource, commandsAt: () => commands })
}

type Nested<Thing, Shape extends TSchema, Id extends AnyId, ParentId extends AnyId> = Resource<Thing, Shape> & {
  /** The parameter of all paths: the id of what the things belong to. */
  readonly parentName: string
  readonly commandsOf: (parentId: ParentId) => ResourceCommands<Thing, Id>
}

/** Like `resourceRoutes`, for what belongs to another thing and is below its path: `/api/v1/schedules/:scheduleId/layers/`. */
export function nestedResourceRoutes<Thing, Shape extends TSchema, Id extends AnyId, ParentId extends AnyId>(
  app: App,
  db: Database,
  { commandsOf, parentName, ...resource }: Nested<Thing, Shape, Id, ParentId>,
): void {
  addRoutes(app, db, { ...resource, commandsAt: (params) => commandsOf(idIn(params, parentName)) })
}

type Params = Readonly<Record<string, string>>

type Placed<Thing, Shape extends TSchema, Id extends AnyId> = Resource<Thing, Shape> & {
  readonly commandsAt: (params: Params) => ResourceCommands<Thing, Id>
}

function addRoutes<Thing, Shape extends TSchema, Id extends AnyId>(
  app: App,
  db: Database,
  resource: Placed<Thing, Shape, Id>,
): void {
  const { path, noun, tags, access, summaries, forms, commandsAt } = resource
  const { body, show } = forms
  // Of any shape, so that the compiler need not know what the values of this one are; `show` answers for them.
  const shape: TSchema = forms.shape
  const schema = { summary: summaries.create, tags, params: pathParams(path), body, response: { 201: shape } }

  app.post(path, { config: access.write, schema }, async (request, reply) => {
    const commands = commandsAt(request.params)
    const { create } = (await commands.prepare?.(request.actor, { id: null, body: request.body })) ?? commands
    const thing = await db.tx(`create ${noun}`, (tx) => create(tx, request.actor, request.body))
    return reply.code(201).send(show(thing))
  })
  addRoutesOfOne(app, db, resource)
}

function addRoutesOfOne<Thing, Shape extends TSchema, Id extends AnyId>(
  app: App,
  db: Database,
  resource: Placed<Thing, Shape, Id>,
): void {
  const { idName, noun, tags, access, summaries, forms, commandsAt } = resource
  const { body, show } = forms
  const shape: TSchema = forms.shape
  const url = `${resource.path}:${idName}/`
  const params = pathParams(url)

  app.get(
    url,
    { config: access.read, schema: { summary: summaries.show, tags, params, response: { 200: shape } } },
    async (request) => show(await commandsAt(request.params).find(db.sql, request.actor, idIn(request.params, idName))),
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route({
      method,
      url,
      config: access.write,
      schema: { summary: summaries.change, tags, params, body, response: { 200: shape } },
      handler: async (request) => {
        const commands = commandsAt(request.params)
        const change = { id: idIn<Id>(request.params, idName), body: request.body }
        const { update } = (await commands.prepare?.(request.actor, change)) ?? commands
        const { replace = update } = commands
        return show(await db.tx(`update ${noun}`, (tx) => (method === 'PUT' ? replace : update)(tx, request.actor, change)))
      },
    })
  }

  app.delete(
    url,
    { config: access.write, schema: { summary: summaries.remove, tags, params, response: { 204: noContent } } },
    async (request, reply) => {
      const { remove } = commandsAt(request.params)
      await db.tx(`delete ${noun}`, (tx) => remove(tx, request.actor, idIn(request.params, idName)))
      return reply.code(204).send(null)
    },
  )
}

const idIn = <Id extends AnyId>(params: Params, name: string): Id =>
  asId<Id>(storable(known(params[name], 'the path has the parameter')))
