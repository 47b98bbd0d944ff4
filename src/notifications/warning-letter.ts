import { shownReceiver } from '../events/receiver.ts'
import type { Warning } from '../events/warning.ts'
import { isoZ } from '../lib/time.ts'
import type { Letter } from './letter.ts'

const shownMax = 50

/** Tells somebody of webhooks that fail, are switched off or work again. There is at least one. */
export function warningLetter(warnings: readonly Warning[], baseUrl: string): Letter {
  const shown = warnings.slice(0, shownMax).map(blockOf)
  const rest = warnings.length - shown.length
  return {
    title: titleOf(warnings),
    blocks: [...shown, ...(rest > 0 ? [`and ${rest} more.`] : [])],
    note:
      `Sent by ${baseUrl}, since the webhook names this address in failure_email, or you saved it last, or nobody else is known. ` +
      'What a receiver answered is in the response log of the webhook.',
  }
}

function titleOf(warnings: readonly Warning[]): string {
  const names = [...new Set(warnings.map(({ webhookName }) => webhookName))]
  const [name = ''] = names
  if (names.length > 1) return `Webhooks that need you: ${names.length}`
  const last = warnings.at(-1)?.news.kind
  if (last === 'recovered') return `Webhook works again: ${name}`
  return last === 'disabled' ? `Webhook switched off: ${name}` : `Webhook fails: ${name}`
}

function blockOf({ webhookName, url, at, news }: Warning): string {
  const head = url === null ? webhookName : `${webhookName}\n${shownReceiver(url) ?? ''}`
  switch (news.kind) {
    case 'failing': {
      const { forLong, failingSince, failuresCount } = news
      const attempts = failuresCount === 1 ? 'one attempt' : `${failuresCount} attempts`
      const end = forLong === 'a day' ? 'After five days nothing more is sent.' : 'It is tried again.'
      return `${head}\nNothing has arrived for ${forLong}: ${attempts} failed since ${isoZ(failingSince)}. ${end}`
    }
    case 'disabled': {
      const what = news.webhookIsOff ? 'The webhook is switched off' : 'Nothing more is sent to this URL'
      return `${head}\n${what}. ${news.reason}\nWhat it misses is kept as long as the log of deliveries. Mend the receiver, and switch the webhook on or save it again.`
    }
    case 'recovered':
      return `${head}\nIt works again since ${isoZ(at)}.`
  }
}
