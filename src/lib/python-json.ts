/**
 * A JSON text as Python's `json.dumps` writes it: `", "` and `": "` between the parts, no other blanks, and ASCII only. Numbers,
 * the order of keys and keys that come twice stay as they were received. A text that was cut off is written as far as it goes.
 */
export function pythonJson(text: string): string {
  let written = ''
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    const end = code === quote ? endOfString(text, index) : endOfPlain(text, index)
    if (end > index) {
      const part = text.slice(index, end)
      written += code === quote ? asciiString(part) : part
      index = end
    } else {
      if (code === comma) written += ', '
      else if (code === colon) written += ': '
      index += 1
    }
  }
  return written
}

const quote = 34
const comma = 44
const colon = 58
const backslash = 92

/** What stands between the parts, and is written in Python's way. */
const isSeparator = (code: number): boolean =>
  code === comma || code === colon || code === 32 || code === 10 || code === 13 || code === 9

function endOfPlain(text: string, start: number): number {
  let index = start
  while (index < text.length && !isSeparator(text.charCodeAt(index)) && text.charCodeAt(index) !== quote) index += 1
  return index
}

/** After the closing quote, or the end of a text that was cut off inside the string. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === backslash) index += 1
    else if (code === quote) return index + 1
  }
  return text.length
}

const plainString = /^"[ !#-[\]-~]*"$/
const notAscii = /[\u007f-\uffff]/g

/** Escapes are read first, so that one character is written in one way only. */
function asciiString(literal: string): string {
  if (plainString.test(literal)) return literal
  return normalized(literal).replace(notAscii, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function normalized(literal: string): string {
  try {
    return JSON.stringify(JSON.parse(literal))
  } catch {
    return literal
  }
}
