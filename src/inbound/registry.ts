import { type IntegrationType, integrationTypes, isIntegrationType } from '../integrations/integration.ts'
import type { Adapter } from './adapter.ts'
import { alertmanager } from './alertmanager.ts'
import { formattedWebhook } from './formatted-webhook.ts'
import { webhook } from './webhook.ts'

/** Every integration type that Grafana OnCall's URLs take, and what its bodies mean; null: the type has URLs of its own. */
export const adapters: Readonly<Record<IntegrationType, Adapter | null>> = {
  alertmanager,
  formatted_webhook: formattedWebhook,
  pagertree: null,
  webhook,
}

/** The types whose URL has a handler of its own upstream, which words a wrong type a little differently. */
const dedicated: ReadonlySet<string> = new Set(['alertmanager', 'grafana_alerting', 'grafana', 'amazon_sns'])

/** Upstream's other types, which a URL may still name after a move. */
const upstreamTitles: ReadonlyMap<string, string> = new Map([
  ['grafana', 'Grafana'],
  ['grafana_alerting', 'Grafana Alerting'],
  ['legacy_grafana_alerting', '(Legacy) Grafana Alerting'],
  ['legacy_alertmanager', '(Legacy) AlertManager'],
  ['zabbix', 'Zabbix'],
  ['kapacitor', 'Kapacitor'],
  ['elastalert', 'ElastAlert'],
  ['inbound_email', 'Inbound Email'],
  ['direct_paging', 'Direct paging'],
  ['manual', 'Manual'],
  ['maintenance', 'Maintenance'],
  ['amazon_sns', 'Amazon SNS'],
])

/** What a sender is told whose URL is not for its key, since it names another type (contract grafana-oncall 6.2, to the letter) or is of another kind. */
export function wrongType(urlType: string, keyType: IntegrationType): string {
  if (urlType === keyType) return `${integrationTypes[keyType].title} has URLs of its own: send to the "link" of the integration.`
  const title = isIntegrationType(urlType) ? integrationTypes[urlType].title : (upstreamTitles.get(urlType) ?? urlType)
  const blank = dedicated.has(urlType) ? ' ' : ''
  return `This url is for integration with ${title}.${blank}Key is for ${integrationTypes[keyType].title}`
}
