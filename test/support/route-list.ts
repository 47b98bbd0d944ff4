import diagnostics from 'node:diagnostics_channel'
import type { Permission } from '../../src/accounts/role.ts'
import type { PublicReason } from '../../src/http/public-routes.ts'
import type { Method } from './still-world.ts'
import type { Things } from './things.ts'

export type Route = {
  readonly name: string
  readonly method: Method
  readonly url: string
  readonly permission?: Permission
  readonly public?: PublicReason
  /** What the route says of its bodies, queries and answers. */
  readonly schema: any
}

/** What `make` makes, and every route that the router was told meanwhile. */
export async function withRoutes<Made>(make: () => Promise<Made>): Promise<{ readonly made: Made; readonly routes: Route[] }> {
  const routes: Route[] = []
  const collect = (message: any) =>
    message.fastify.addHook('onRoute', ({ method, url, config, schema }: any) => {
      for (const one of [method].flat()) {
        const { permission, public: reason } = config ?? {}
        routes.push({ name: `${one} ${url}`, method: one, url, permission, public: reason, schema })
      }
    })
  diagnostics.subscribe('fastify.initialization', collect)
  try {
    return { made: await make(), routes }
  } finally {
    diagnostics.unsubscribe('fastify.initialization', collect)
  }
}

/** The path with the ids of these things in it. */
export function pathOf({ url, name }: Pick<Route, 'url' | 'name'>, things: Things): string {
  const ids: Readonly<Record<string, string>> = things
  return url.replaceAll(/:(\w+)/g, (_match, parameter: string) => {
    const id = ids[parameter]
    if (id === undefined) throw new Error(`${name}: what is :${parameter}?`)
    return id
  })
}
