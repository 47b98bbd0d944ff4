/**
 * The one list of what answers without a token, and why. A pattern that ends in `*` covers everything below it;
 * any other covers exactly itself. Routes that are not covered do not start (see auth.ts).
 */
const publicRoutes = {
  /** The secret is in the path, a header or the body, as each tool's contract has it. */
  inbound: [
    '/integrations/v1/*',
    '/integrations/generic/20131114/alert/*',
    '/integration/*',
    '/v2/enqueue',
    '/v2/change/enqueue',
    '/v2/alerts',
    '/v2/alerts/*',
    '/v2/incidents/api/*',
    '/v2/alert_events/http/*',
    '/v2/heartbeat/*',
    '/api/events/*',
    '/api/alert/status/*',
    '/generic/2010-04-15/create_event.json',
  ],
  operations: ['/health/live', '/health/ready', '/metrics', '/api/v1/openapi.json'],
  /** A link in a message; its token opens one alert group. */
  link: ['/r/*'],
  /** What calendars subscribe to; the token in the query opens one calendar. */
  export: ['/api/v1/schedules/:scheduleId/export', '/api/v1/users/:userId/schedule_export'],
  /** Signing in comes before being known. */
  session: ['/auth/*'],
  /** The one-time link of the first start. */
  setup: ['/setup/*'],
  /** Static files of the UI; what they show comes from the API. */
  web: [
    '/',
    '/alert-groups/*',
    '/a/grafana-oncall-app/alert-groups/*',
    '/index.html',
    '/favicon.ico',
    '/favicon.svg',
    '/robots.txt',
    '/assets/*',
  ],
} as const satisfies Record<string, readonly string[]>

export type PublicReason = keyof typeof publicRoutes

/** Whether the list covers a route's pattern for this reason. The slash at the end does not count. */
export function isPublic(url: string, reason: PublicReason): boolean {
  return publicRoutes[reason].some((pattern) =>
    pattern.endsWith('*') ? url.startsWith(pattern.slice(0, -1)) : url === pattern || url === `${pattern}/`,
  )
}
