import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import type { App } from './app.ts'

const config = { public: 'web' } as const
const AlertGroupParams = Type.Object({ alertGroupId: Type.String({ pattern: '^[A-Z1-9]{1,20}$' }) })

/**
 * What a browser sees where the web UI will be: that the server runs, and how to ask it. The pages tell nothing of the
 * data; the API does, to those who have a token.
 */
export function homeRoutes(app: App): void {
  const headers = pageHeaders()
  const home = page('Watchbell is on watch', [
    'This version is used through its API; the web pages come later.',
    `<a href="${app.baseUrl}/api/v1/openapi.json">What the API offers</a>`,
  ])
  app.get('/', { config }, async (_request, reply) => reply.headers(headers).send(home))

  app.get('/alert-groups/:alertGroupId', { config, schema: { params: AlertGroupParams } }, async (request, reply) => {
    const { alertGroupId } = request.params
    const ask = `curl -H "Authorization: $TOKEN" ${app.baseUrl}/api/v1/alert_groups/${alertGroupId}/`
    const paragraphs = [
      'Its page comes with the web UI. Until then the e-mail has the buttons to acknowledge and to resolve, and the API tells the rest:',
      `<code>${ask}</code>`,
      `<code>${ask}timeline/</code>`,
    ]
    return reply.headers(headers).send(page(`Alert group ${alertGroupId}`, paragraphs))
  })

  // Where the links of Grafana OnCall lead, in messages and tickets that were written before the move.
  app.get(
    '/a/grafana-oncall-app/alert-groups/:alertGroupId',
    { config, schema: { params: AlertGroupParams } },
    async (request, reply) => reply.redirect(`${app.baseUrl}/alert-groups/${request.params.alertGroupId}`),
  )
}

const style =
  'body{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:3rem auto;padding:0 1rem}code{display:block;overflow-wrap:anywhere;font-size:.9rem}'

function pageHeaders(): Readonly<Record<string, string>> {
  const digest = createHash('sha256').update(style).digest('base64')
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${digest}'; frame-ancestors 'none'; base-uri 'none'`,
  }
}

function page(title: string, paragraphs: readonly string[]): string {
  const body = paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join('\n')
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${style}</style></head>
<body><h1>${title}</h1>
${body}
</body>
</html>
`
}
