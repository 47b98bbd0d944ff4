import { fontStyle, framed, headingHtml, noteHtml, paragraphHtml, paragraphStyle } from './frame.ts'
import { escapeHtml } from './html.ts'
import { type Instant, isoZ } from '../lib/time.ts'
import type { Subject } from './subject.ts'
import { cut, oneLine, paragraphs, webLink } from './text.ts'

/** What a page says, for the channels that take much text. */
export type PageText = {
  /** One line, the same for every page about an alert group, so that mail programs keep them together. */
  readonly subjectLine: string
  readonly text: string
  readonly html: string
}

type PageParts = {
  readonly subject: Subject
  readonly username: string
  /** URLs that act for this person without signing in. */
  readonly links: { readonly acknowledge: string; readonly resolve: string }
}

const titleLengthMax = 120
const messageLengthMax = 4000

/** Writes a page that is understood at three in the morning: what, where from, since when, and the two things to do about it. */
export function writePage({ subject, username, links }: PageParts): PageText {
  const title = titleOf(subject)
  const content: Content = {
    title,
    facts: [
      ['Urgency', subject.urgency],
      ['Source', oneLine(subject.source)],
      ['Since', utcMinute(subject.startedAt)],
    ],
    message: cut(paragraphs(subject.message), messageLengthMax),
    acknowledge: links.acknowledge,
    resolve: links.resolve,
    details: subject.link,
    sourceLink: webLink(subject.sourceLink),
    note: `Watchbell paged ${oneLine(username)}. The links to acknowledge and to resolve work without signing in, in your name: do not forward this e-mail.`,
  }
  return { subjectLine: `Alert: ${cut(title, titleLengthMax)}`, text: textOf(content), html: htmlOf(content) }
}

type Content = {
  readonly title: string
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly message: string
  readonly acknowledge: string
  readonly resolve: string
  readonly details: string
  readonly sourceLink: string | null
  readonly note: string
}

/** An alert whose title is empty is named by its alert group. */
function titleOf({ title, id }: Subject): string {
  const line = oneLine(title)
  return line === '' ? `alert group ${id}` : line
}

const utcMinute = (at: Instant): string => `${isoZ(at).slice(0, 16).replace('T', ' ')} UTC`

function textOf({ title, facts, message, acknowledge, resolve, details, sourceLink, note }: Content): string {
  const blocks = [
    title,
    facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
    message,
    `Acknowledge (stops the paging):\n${acknowledge}`,
    `Resolve (it is over):\n${resolve}`,
    `Details:\n${details}`,
    sourceLink === null ? '' : `At the source:\n${sourceLink}`,
    note,
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** What a page shows, from the top. */
function htmlOf({ title, facts, message, acknowledge, resolve, details, sourceLink, note }: Content): string {
  return framed(title, [
    headingHtml(title),
    `<p style="${paragraphStyle}">${facts.map(factHtml).join('<br>')}</p>`,
    message === '' ? '' : paragraphHtml(message),
    buttonsHtml(acknowledge, resolve),
    `<p style="${paragraphStyle}">${linkHtml(details, 'Details')}${sourceLink === null ? '' : ` &middot; ${linkHtml(sourceLink, 'At the source')}`}</p>`,
    noteHtml(note),
  ])
}

const factHtml = ([name, value]: readonly [string, string]): string =>
  `${escapeHtml(name)}: <strong>${escapeHtml(value)}</strong>`

const linkHtml = (url: string, label: string): string => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`

function buttonsHtml(acknowledge: string, resolve: string): string {
  const gap = '<td width="12" style="font-size:1px">&nbsp;</td>'
  const cells = buttonHtml(acknowledge, 'Acknowledge', '#1d4ed8') + gap + buttonHtml(resolve, 'Resolve', '#166534')
  return `<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>${cells}</tr></table>`
}

/** Wide enough for a thumb; the colour is the cell's, because not all mail programs paint links. */
function buttonHtml(url: string, label: string, colour: string): string {
  const style = `display:inline-block;padding:14px 22px;font-size:16px;font-weight:bold;color:#ffffff;text-decoration:none;${fontStyle}`
  return `<td bgcolor="${colour}" style="border-radius:6px"><a href="${escapeHtml(url)}" style="${style}">${label}</a></td>`
}
