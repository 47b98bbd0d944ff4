import swagger from '@fastify/swagger'
import { Type } from 'typebox'
import { isObject } from '../lib/json.ts'
import type { App } from './app.ts'

/** Gathers the description of every route that is added afterwards. */
export async function describeApi(
  app: App,
  { version, baseUrl }: { readonly version: string; readonly baseUrl: string },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Watchbell',
        version,
        description:
          'The open on-call server. Paths, fields, error bodies and pagination are those of the Grafana OnCall HTTP API, extended.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: baseUrl }],
      components: {
        securitySchemes: {
          token: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: 'The API token as it is, or after `Bearer` or `Token`.',
          },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      if (!url.startsWith('/api/v1/') || route.method === 'HEAD') return { schema: { hide: true }, url }
      const own = isObject(schema?.response) ? schema.response : {}
      const permission = route.config?.permission
      return {
        schema: {
          ...schema,
          response: { ...(permission === undefined ? {} : commonProblems), ...own },
          security: permission === undefined ? [] : [{ token: [] }],
        },
        url,
      }
    },
  })
}

/** Serves the description as `/api/v1/openapi.json`. Made once: routes do not change while the server runs. */
export function serveDescription(app: App): void {
  let description: string | null = null
  app.get('/api/v1/openapi.json', { config: { public: 'operations' }, schema: { hide: true } }, async (_request, reply) => {
    description ??= JSON.stringify(app.swagger())
    return reply.type('application/json; charset=utf-8').send(description)
  })
}

const detail = (description: string) => Type.Object({ detail: Type.String() }, { description })

/** What any route with a permission may answer. */
const commonProblems = {
  400: Type.Unsafe<unknown>({
    type: 'object',
    description: 'What is wrong, by field, as lists of messages; or one sentence in `detail`.',
    additionalProperties: true,
  }),
  403: detail('No valid token, or its role may not do this.'),
  404: detail('There is no such thing in this organization.'),
  429: detail('Too many requests; see Retry-After.'),
  503: detail('The database is not reachable; try again.'),
}
