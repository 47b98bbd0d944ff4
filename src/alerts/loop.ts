import { dueRequests, nextRequestAt, postponeRequest } from '../escalations/commands.ts'
import type { EscalationRequestKey } from '../escalations/run.ts'
import { databaseIsDown } from '../lib/database-fault.ts'
import { faultText } from '../lib/fault-text.ts'
import type { AlertGroupId, OrganizationId } from '../lib/ids.ts'
import type { Loop } from '../lib/loop.ts'
import { after, earliest, type Instant, minutes } from '../lib/time.ts'
import type { NewsKey } from '../notifications/news.ts'
import { dueNews, nextNewsAt, postponeNews } from '../notifications/news-commands.ts'
import type { Ports } from '../ports.ts'
import { tellAdded } from './added-commands.ts'
import { type AddedKey, groupsToTell, nextToTellAt, postponeTelling } from './added-store.ts'
import { answerEscalationRequest, endSilence } from './commands.ts'
import { tellNews } from './news-commands.ts'
import type { AlertSettings } from './settings.ts'
import { endedSilences, nextSilenceEnd } from './silence-store.ts'

const perRound = 200

/** What could not be done is tried again this much later, and the others are not kept waiting. */
const pauseAfterFault = minutes(1)

/**
 * Ends silences when they are over, does what escalations ask for, and tells the news of paging and of alerts that joined their
 * groups, each in a transaction of its own.
 */
export function alertsLoop({ clock, db, log }: Ports, settings: AlertSettings): Loop {
  const answer = async (key: EscalationRequestKey): Promise<void> => {
    try {
      await db.tx('answer escalation request', (tx) => answerEscalationRequest(tx, settings, key))
    } catch (fault) {
      log.error('request failed', { request_id: key.id, error: faultText(fault) })
      await db.tx('postpone escalation request', (tx) => postponeRequest(tx, key, after(tx.now, pauseAfterFault)))
    }
  }

  const tellOf = async (key: NewsKey): Promise<void> => {
    try {
      await db.tx('tell news', (tx) => tellNews(tx, settings, key))
    } catch (fault) {
      log.error('news not told', { news_id: key.id, alert_group_id: key.subjectId, error: faultText(fault) })
      await db.tx('postpone news', (tx) => postponeNews(tx, key, after(tx.now, pauseAfterFault)))
    }
  }

  const tellOfAdded = async (key: AddedKey): Promise<void> => {
    try {
      await db.tx('tell of added alerts', (tx) => tellAdded(tx, settings, key))
    } catch (fault) {
      log.error('added alerts not told', { alert_group_id: key.id, error: faultText(fault) })
      await db.tx('postpone added alerts', (tx) => postponeTelling(tx, key, after(tx.now, pauseAfterFault)))
    }
  }

  /** Silences that could not be ended, and when they are tried again; only here, since their end is what people chose. */
  const putOff = new Map<AlertGroupId, Instant>()

  const end = async (key: AlertGroupKey): Promise<void> => {
    try {
      await db.tx('end silence', (tx) => endSilence(tx, settings, key))
    } catch (fault) {
      if (databaseIsDown(fault)) throw fault
      log.error('silence not ended', { alert_group_id: key.id, error: faultText(fault) })
      putOff.set(key.id, after(clock.now(), pauseAfterFault))
    }
  }

  return {
    name: 'alerts',
    run: async (shards) => {
      if (shards.length === 0) return null
      const due = { now: clock.now(), limit: perRound }
      for (const [id, until] of putOff) if (until <= due.now) putOff.delete(id)
      const ended = await endedSilences(db.sql, { ...due, shards, except: [...putOff.keys()] })
      for (const key of ended) await end(key)
      const asked = await dueRequests(db.sql, shards, due)
      for (const key of asked) await answer(key)
      const news = await dueNews(db.sql, shards, due)
      for (const key of news) await tellOf(key)
      const added = await groupsToTell(db.sql, shards, due)
      for (const key of added) await tellOfAdded(key)
      if ([ended, asked, news, added].some(({ length }) => length === perRound)) return clock.now()
      const nextEnd = await nextSilenceEnd(db.sql, { shards, except: [...putOff.keys()] })
      const nextAsked = await nextRequestAt(db.sql, shards)
      const nextNews = await nextNewsAt(db.sql, shards)
      return earliest([nextEnd, nextAsked, nextNews, await nextToTellAt(db.sql, shards), ...putOff.values()])
    },
  }
}

type AlertGroupKey = { readonly organizationId: OrganizationId; readonly id: AlertGroupId }
