import { escapeHtml } from './html.ts'
import { cut, countOf } from './python-text.ts'

type Linking = {
  /** How long the shown part of a URL is at most; null: as long as it is. */
  readonly lengthMax: number | null
  readonly relations: string
  readonly target: string | null
  /** Further beginnings of what becomes a link, `tel:`. */
  readonly schemes: readonly string[]
}

const url =
  /^(?:https?:\/\/|www\.)(?:[\w%-]+\.)*\w+(?::\d+)?(?:[/?#]\S*)?$|^(?:[\w%-]+\.)+(?:com|net|int|edu|gov|org|info|mil)(?::\d+)?(?:[/?#]\S*)?$/i
const mail = /^[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+$/

/** A text of HTML with its URLs and addresses as links. */
export const linked = (html: string, linking: Linking): string =>
  html
    .split(/(\s+)/)
    .map((word) => linkedWord(word, linking))
    .join('')

function linkedWord(word: string, linking: Linking): string {
  const head = /^(?:[(<]|&lt;)+/.exec(word)?.[0] ?? ''
  const { middle, tail } = withoutTail(word.slice(head.length))
  return head + linkOf(middle, linking) + tail
}

/** What ends a sentence does not belong to the URL, but a bracket that was opened within it does. */
function withoutTail(word: string): { readonly middle: string; readonly tail: string } {
  let end = word.length
  for (;;) {
    if (end > 0 && ')>.,'.includes(word.charAt(end - 1))) end -= 1
    else if (word.slice(0, end).endsWith('&gt;')) end -= 4
    else break
  }
  for (const [opening, closing] of [
    ['(', ')'],
    ['<', '>'],
    ['&lt;', '&gt;'],
  ] as const) {
    let missing = countIn(word.slice(0, end), opening) - countIn(word.slice(0, end), closing)
    for (let next = word.indexOf(closing, end); missing > 0 && next !== -1; next = word.indexOf(closing, end)) {
      end = next + closing.length
      missing -= 1
    }
  }
  return { middle: word.slice(0, end), tail: word.slice(end) }
}

const countIn = (text: string, part: string): number => text.split(part).length - 1

function linkOf(word: string, { lengthMax, relations, target, schemes }: Linking): string {
  const shown = lengthMax !== null && countOf(word) > lengthMax ? `${cut(word, 0, lengthMax)}...` : word
  const extra = `${relations === '' ? '' : ` rel="${escapeHtml(relations)}"`}${target === null ? '' : ` target="${escapeHtml(target)}"`}`
  if (url.test(word)) {
    const address = /^https?:\/\//.test(word) ? word : `https://${word}`
    return `<a href="${address}"${extra}>${shown}</a>`
  }
  if (word.startsWith('mailto:') && mail.test(word.slice(7))) return `<a href="${word}">${word.slice(7)}</a>`
  if (!word.startsWith('www.') && !word.startsWith('@') && !word.includes(':') && mail.test(word)) {
    return `<a href="mailto:${word}">${word}</a>`
  }
  const scheme = schemes.find((one) => word !== one && word.startsWith(one))
  return scheme === undefined ? word : `<a href="${word}"${extra}>${word}</a>`
}
