import { accountWalks } from './account-walks.ts'
import { alertWalks } from './alert-walks.ts'
import { escalationWalks } from './escalation-walks.ts'
import { integrationWalks } from './integration-walks.ts'
import { scheduleWalks } from './schedule-walks.ts'
import { webhookWalks } from './webhook-walks.ts'
import type { Walk } from '../walk.ts'

/** Every route of the API. A route that is missing here fails the test. */
export const walks: ReadonlyMap<string, Walk> = new Map([
  ...accountWalks,
  ...integrationWalks,
  ...escalationWalks,
  ...scheduleWalks,
  ...webhookWalks,
  ...alertWalks,
])
