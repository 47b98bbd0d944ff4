import type { Actor } from '../../src/accounts/actor.ts'
import { type Beginning, createOrganization, createToken, createUser } from '../../src/accounts/commands.ts'
import type { Role } from '../../src/accounts/role.ts'
import { asId, type UserId } from '../../src/lib/ids.ts'
import type { TestServer } from './server.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

type Answer = { readonly status: number; readonly body: any; readonly text: string }

/** Who asks: somebody with a role in the first organization, or the admin of another one. */
type Asker = Role | 'stranger'

export type Api = {
  /** Asks as the admin of the first organization. */
  call(method: Method, path: string, body?: unknown): Promise<Answer>
  callAs(asker: Asker, method: Method, path: string, body?: unknown): Promise<Answer>
  headersOf(asker: Asker): { readonly authorization: string }
  readonly system: Extract<Actor, { kind: 'system' }>
  /** The ids of the users of the first organization. */
  readonly users: Readonly<Record<Role, UserId>>
}

/** Two organizations, one of them with a user of each role, and their tokens. */
export async function testApi({ app, db }: TestServer): Promise<Api> {
  const begin = (name: string): Promise<Beginning> =>
    db.tx('create organization', (tx) => createOrganization(tx, { name, email: 'ada@example.com' }))
  const { organizationId, token, userId } = await begin('Harbour')
  const stranger = await begin('Elsewhere')
  const system = { kind: 'system', organizationId } as const
  const tokens = new Map<Asker, string>([
    ['admin', token],
    ['stranger', stranger.token],
  ])
  const users: Record<Role, UserId> = { admin: userId, editor: asId(''), viewer: asId(''), none: asId('') }
  for (const role of ['editor', 'viewer', 'none'] as const) {
    const user = await db.tx('create user', (tx) =>
      createUser(tx, system, { username: role, email: `${role}@example.com`, role }),
    )
    const made = await db.tx('create token', (tx) => createToken(tx, system, { name: 'test', userId: user.id }))
    tokens.set(role, made.token)
    users[role] = user.id
  }
  const headersOf = (asker: Asker) => ({ authorization: tokens.get(asker) ?? '' })
  const callAs: Api['callAs'] = async (asker, method, url, body) => {
    const headers = {
      ...headersOf(asker),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
    const answer = await app.inject({ method, url, headers, ...payload })
    return { status: answer.statusCode, body: answer.body === '' ? null : answer.json(), text: answer.body }
  }
  return { call: (method, path, body) => callAs('admin', method, path, body), callAs, headersOf, system, users }
}
