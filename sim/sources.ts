import { hours, type Ms, ms } from '../src/lib/time.ts'
import type { AlertRequest } from './record.ts'
import type { Setting } from './setup.ts'
import { ask, byAndBy, insist, type Town } from './town.ts'

type Integration = Setting['integrations'][number]

/** Starts the monitoring tools: each thing that they watch breaks and heals, and each alert is sent until it is heard. */
export function startSources(town: Town, { integrations }: Setting): void {
  const everyMs = hours(1 / (town.troubles.pace * town.troubles.force(town.dice, { low: 0.5, high: 6 })))
  const burstShare = town.troubles.rate('rivalry', town.dice, { low: 0.05, high: 0.5 })
  for (const integration of integrations) {
    for (let number = 1 + town.dice.below(3); number > 0; number -= 1)
      void watch(town, { integration, key: `thing-${number}`, everyMs, burstShare })
  }
}

type Watch = { readonly integration: Integration; readonly key: string; readonly everyMs: Ms; readonly burstShare: number }

async function watch(town: Town, { integration, key, everyMs, burstShare }: Watch): Promise<void> {
  for (;;) {
    await byAndBy(town, everyMs)
    if (!town.isOpen()) return
    const resolves = town.dice.chance(0.3)
    const count = town.dice.chance(burstShare) ? 2 + town.dice.below(5) : 1
    const telling = Array.from({ length: count }, () => tell(town, { integration, key, resolves }))
    await Promise.all(telling)
  }
}

async function tell(
  town: Town,
  { integration, key, resolves }: { integration: Integration; key: string; resolves: boolean },
): Promise<void> {
  const { world, records, dice } = town
  await world.pause(ms(dice.below(10)))
  await insist(town, () => {
    const mark = `mark-${records.alerts.length}`
    const request: AlertRequest = { mark, integrationId: integration.id, key, resolves, at: world.now(), isAccepted: false }
    records.alerts.push(request)
    const body = JSON.stringify(bodyOf(integration, request))
    return ask(town, { method: 'POST', url: integration.path, body }, (answer) => {
      request.isAccepted = answer?.status === 200
    })
  })
}

function bodyOf({ type }: Integration, { mark, key, resolves }: AlertRequest): object {
  if (type === 'formatted_webhook')
    return { alert_uid: key, title: `${key} is broken`, message: mark, state: resolves ? 'ok' : 'alerting', mark }
  const status = resolves ? 'resolved' : 'firing'
  return {
    version: '4',
    groupKey: key,
    status,
    groupLabels: { alertname: key },
    commonLabels: {},
    alerts: [{ status, labels: { alertname: key } }],
    mark,
  }
}
