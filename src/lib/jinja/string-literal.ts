import { syntaxFault } from './fault.ts'

const simple: ReadonlyMap<string, string> = new Map([
  ['\n', ''],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])

const digits: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
])

const escape = /\\(?:[0-7]{1,3}|[xuU][\da-fA-F]*|[^])/g

/** What stands between the quotes of a string, with its escapes read as Python reads them: an unknown one stays as it is. */
export function unescaped(body: string, line: number): string {
  if (!body.includes('\\')) return body
  const read = body.replace(escape, (whole) => {
    const letter = whole.charAt(1)
    if (/[0-7]/.test(letter)) return String.fromCharCode(Number.parseInt(whole.slice(1), 8))
    if (digits.has(letter)) return codePoint(letter, whole.slice(2), line)
    if (letter === 'N') throw syntaxFault('unknown Unicode character name', line)
    return simple.get(letter) ?? whole
  })
  return read.toWellFormed()
}

function codePoint(letter: string, hex: string, line: number): string {
  const count = digits.get(letter) ?? 0
  if (hex.length < count) throw syntaxFault(`truncated \\${letter}${'X'.repeat(count)} escape`, line)
  const code = Number.parseInt(hex.slice(0, count), 16)
  if (code > 0x10ffff) throw syntaxFault('illegal Unicode character', line)
  return String.fromCodePoint(code) + hex.slice(count)
}
