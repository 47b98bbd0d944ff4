import fastify from 'fastify'

/** The peer: a bare Fastify that takes the same bodies, keeps nothing and answers the same. Resolves with its URL. */
export async function startBare(): Promise<string> {
  const app = fastify({ logger: false })
  app.post('/integrations/v1/:type/:token', async (_request, reply) => reply.type('application/json').send('"Ok."'))
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return `${address}/integrations/v1/alertmanager/token`
}
