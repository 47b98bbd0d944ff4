import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Vault } from '../accounts/secret.ts'
import type { App } from '../http/app.ts'
import type { Intake } from './commands.ts'
import { grafanaOncallRoutes } from './grafana-oncall-routes.ts'
import { pagertreeRoutes } from './pagertree-routes.ts'

/** A monitoring tool gives an alert up for good on a 4xx, so long bodies are taken too. */
const bodyBytesMax = 16 * 1024 * 1024

/** The doors for alerts, one for each contract. The vault opens the integrations' secrets. */
export async function inboundRoutes(
  app: App,
  { intake, vault }: { readonly intake: Intake; readonly vault: Vault },
): Promise<void> {
  await app.register(async (plain) => {
    const scope: App = plain.withTypeProvider<TypeBoxTypeProvider>()
    readAnyBody(scope)
    grafanaOncallRoutes(scope, intake)
    pagertreeRoutes(scope, { intake, vault })
  })
}

/** Senders name all kinds of content types, or none, for the same JSON. */
function readAnyBody(scope: App): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, body, done) => done(null, body))
}
