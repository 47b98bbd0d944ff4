import { createHash } from 'node:crypto'
import { type Instant, isoZ } from '../lib/time.ts'
import { escapeHtml } from './html.ts'
import type { LinkAction } from './link.ts'
import { oneLine } from './text.ts'

/** What the pages behind a link show of an alert group. */
export type LinkedGroup = {
  readonly title: string
  /** The integration's name. */
  readonly source: string
  readonly startedAt: Instant
  readonly state: 'firing' | 'acknowledged' | 'silenced' | 'resolved'
  /** Who brought it into this state; null for machines and while it is firing. */
  readonly stateBy: string | null
  /** Its page in our UI. */
  readonly link: string
}

/** Why a link does nothing. */
export type LinkFault =
  /** The token is not ours, or damaged. */
  | 'forged'
  | 'expired'
  /** The alert group does not exist any more. */
  | 'gone'
  /** The person has left, or has lost the right to act. */
  | 'not-allowed'

/** Whether the action would leave an alert group in this state as it is. */
export function changesNothing(action: LinkAction, state: LinkedGroup['state']): boolean {
  return state === 'resolved' || (action === 'acknowledge' && state === 'acknowledged')
}

/**
 * The answer to a GET: what the alert group is, and one button that acts by a POST to the same address, since mail scanners
 * follow links. Where the action would change nothing it says so and has no button; then a POST may be answered with it too.
 */
export function linkPage(action: LinkAction, group: LinkedGroup): string {
  const { verb, effect } = words[action]
  const idle = changesNothing(action, group.state)
  const form = `<form method="post"><button class="${action}" type="submit">${verb}</button></form><p class="quiet">${effect}</p>`
  return pageHtml(idle ? 'Nothing left to do' : verb, [...groupHtml(group), idle ? '' : form, detailsHtml(group)])
}

/** The answer to a POST that acted; the alert group is as it is now. */
export function linkDonePage(action: LinkAction, group: LinkedGroup): string {
  const { done, next } = words[action]
  return pageHtml(done, [`<p class="done">${done}</p>`, ...groupHtml(group), `<p>${next}</p>`, detailsHtml(group)])
}

/** The answer to a link that does nothing, with what to do instead. `home` is where our UI begins. */
export function linkFaultPage(fault: LinkFault, home: string): string {
  const { title, advice } = faults[fault]
  return pageHtml(title, [`<h1>${title}</h1>`, `<p>${advice}</p>`, `<p><a href="${escapeHtml(home)}">Open Watchbell</a></p>`])
}

/** The `content-security-policy` of these pages: their own style, their own form, and nothing else. */
export function linkPagePolicy(): string {
  const digest = createHash('sha256').update(style).digest('base64')
  return `default-src 'none'; style-src 'sha256-${digest}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`
}

const words = {
  acknowledge: {
    verb: 'Acknowledge',
    effect: 'You take it over, and nobody else is paged about it.',
    done: 'Acknowledged',
    next: 'It is yours now: nobody else is paged about it.',
  },
  resolve: {
    verb: 'Resolve',
    effect: 'It is over, and the paging stops.',
    done: 'Resolved',
    next: 'It is over, and the paging has stopped.',
  },
} as const satisfies Record<LinkAction, { verb: string; effect: string; done: string; next: string }>

const faults = {
  forged: {
    title: 'This link is damaged',
    advice: 'Some mail programs cut long links. Open the link from the original e-mail, or sign in and act there.',
  },
  expired: {
    title: 'This link has expired',
    advice: 'Links in pages work for 30 days. Sign in to see the alert group and to act on it.',
  },
  gone: {
    title: 'This alert group does not exist any more',
    advice: 'It was deleted, so there is nothing left to do.',
  },
  'not-allowed': {
    title: 'You may not do this any more',
    advice:
      'Your account was deactivated or has lost the right to act on alert groups. An admin of your organization can give it back.',
  },
} as const satisfies Record<LinkFault, { title: string; advice: string }>

const states = {
  firing: 'Firing: nobody has taken it over',
  acknowledged: 'Acknowledged',
  silenced: 'Silenced',
  resolved: 'Resolved',
} as const satisfies Record<LinkedGroup['state'], string>

function groupHtml({ title, source, startedAt, state, stateBy }: LinkedGroup): readonly string[] {
  const name = oneLine(title)
  const by = stateBy === null ? '' : ` by ${escapeHtml(oneLine(stateBy))}`
  return [
    `<h1>${name === '' ? 'An alert group without a title' : escapeHtml(name)}</h1>`,
    `<p class="state ${state}">${states[state]}${by}</p>`,
    `<p class="quiet">${escapeHtml(oneLine(source))}, since ${isoZ(startedAt).slice(0, 16).replace('T', ' ')} UTC</p>`,
  ]
}

const detailsHtml = ({ link }: LinkedGroup): string => `<p><a href="${escapeHtml(link)}">Details</a></p>`

const style = `
:root { color-scheme: light dark }
body { margin: 0 auto; padding: 1.5rem 1rem; max-width: 34rem; font: 1.125rem/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; line-height: 1.3; overflow-wrap: anywhere }
button { width: 100%; padding: 1.1rem; border: 0; border-radius: .5rem; color: #fff; font: inherit; font-weight: bold; font-size: 1.25rem; cursor: pointer }
button:focus-visible, a:focus-visible { outline: 3px solid; outline-offset: 3px }
.acknowledge { background: #1d4ed8 }
.resolve { background: #166534 }
.done { font-size: 1.5rem; font-weight: bold; margin: 0 }
.state { font-weight: bold }
.quiet { opacity: .8 }
`

function pageHtml(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} - Watchbell</title>
<style>${style}</style>
</head>
<body>
<main>
${parts.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`
}
