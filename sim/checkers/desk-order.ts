import { type Case, type Checker, grouped } from './case.ts'
import { type Delivery, deliveriesOf, skewMax, wordsOf } from './desk-deliveries.ts'

/** P11: a URL of a desk that wants order gets one message at a time, in the order of the events, and tests are marked and soon over. */
export const checkDeskOrder: Checker = (known) => {
  const deliveries = deliveriesOf(known)
  return [...orderFaults(deliveries), ...testFaults(known, deliveries)].map((words) => `P11: ${words}`)
}

/** What was sent again comes after everything, so only what was sent before the first way was over is looked at. */
function orderFaults(deliveries: readonly Delivery[]): readonly string[] {
  const inOrder = deliveries.filter(({ desk, isReplay, sequence }) => desk.isOrdered && !isReplay && sequence !== null)
  return [...grouped(inOrder, ({ desk, url }) => `${desk.id} ${url}`).values()].flatMap((own) => {
    const sorted = own.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0))
    let before: { readonly delivery: Delivery; readonly lastAt: number } | null = null
    const faults: string[] = []
    for (const delivery of sorted) {
      const { firstAt, lastAt } = spanOf(delivery)
      if (before !== null && firstAt < before.lastAt)
        faults.push(`${wordsOf(delivery)} was sent before ${wordsOf(before.delivery)} was over`)
      if (before === null || lastAt > before.lastAt) before = { delivery, lastAt }
    }
    return faults
  })
}

function spanOf({ sendings, attempts, dead }: Delivery): { readonly firstAt: number; readonly lastAt: number } {
  const endedAt = (dead ?? attempts.at(-1))?.at.getTime() ?? -Infinity
  const own = sendings.filter(({ at }) => at <= endedAt + skewMax)
  return { firstAt: own[0]?.at ?? Infinity, lastAt: own.at(-1)?.at ?? -Infinity }
}

/** So long a test is tried. */
const testMs = 5 * 60_000

function testFaults({ records, setting }: Case, deliveries: readonly Delivery[]): readonly string[] {
  const tests = deliveries.filter(({ sequence }) => sequence === null)
  const ids = new Set(tests.map(({ messageId }) => messageId))
  const unmarked = records.sendings.find(({ messageId, isTest }) => isTest !== ids.has(messageId))
  // One that is sent again is, like the rest, somebody's wish of later.
  const again = new Set(tests.flatMap(({ isReplay, messageId }) => (isReplay ? [messageId] : [])))
  const late = tests.find(
    ({ sendings, messageAt, messageId }) =>
      !again.has(messageId) && sendings.some(({ at }) => at > messageAt.getTime() + testMs + skewMax),
  )
  const orders = records.orders.filter(({ kind }) => kind === 'test')
  const missing = orders.flatMap(({ messageIds }) => messageIds).find((id) => !ids.has(id))
  const counts = setting.desks.flatMap(({ id, urls }) => {
    const asked = orders.filter(({ webhookId }) => webhookId === id)
    const least = asked.filter(({ status }) => status === 202).length * urls.length
    const most = least + asked.filter(({ isUnsure }) => isUnsure).length * urls.length
    const count = tests.filter(({ desk, isReplay }) => desk.id === id && !isReplay).length
    return least <= count && count <= most ? [] : [`${count} tests of ${id} were sent, and ${least} to ${most} were asked for`]
  })
  return [
    ...(unmarked === undefined ? [] : [`the message ${unmarked.messageId} is a test and not marked, or the other way round`]),
    ...(late === undefined ? [] : [`${wordsOf(late)} was sent when its time was over`]),
    ...(missing === undefined ? [] : [`the test ${missing} that was promised is not there`]),
    ...counts,
  ]
}
