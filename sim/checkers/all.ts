import { checkAgain } from './again.ts'
import { checkAlerts } from './alerts.ts'
import type { Case, Checker } from './case.ts'
import { checkDeskOrder } from './desk-order.ts'
import { checkDesks } from './desks.ts'
import { checkEscalations } from './escalations.ts'
import { checkEvents } from './events.ts'
import { checkNews } from './news.ts'
import { checkPages } from './pages.ts'
import { checkSendings } from './sendings.ts'
import { checkShiftChanges } from './shift-changes.ts'
import { checkShiftWebhooks } from './shift-webhooks.ts'

/** P8: when all is well again, nothing is left to be done. */
const checkRest: Checker = ({ facts }) =>
  Object.entries(facts.pending).flatMap(([table, count]) =>
    count === 0 ? [] : [`P8: ${count} rows of ${table} are still to be done`],
  )

/** Nothing went wrong inside the program but what was made to go wrong. */
const checkFaults: Checker = ({ records }) => records.faults.map((words) => `Defect: ${words}`)

const checkers: readonly Checker[] = [
  checkFaults,
  checkRest,
  checkAlerts,
  checkEvents,
  checkEscalations,
  checkPages,
  checkSendings,
  checkShiftChanges,
  checkShiftWebhooks,
  checkDesks,
  checkAgain,
  checkDeskOrder,
  checkNews,
]

/** What is wrong with a seed that is over; nothing, if every promise was kept. */
export function checkAll(known: Case): readonly string[] {
  return checkers.flatMap((check) => check(known))
}
