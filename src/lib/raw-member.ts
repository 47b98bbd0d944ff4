import { check } from './check.ts'

/**
 * The text of a member of a JSON object, letter by letter, or null where the object has none of the name; of several the
 * first. For texts that are known to be JSON: this server wrote them.
 */
export function memberText(json: string, name: string): string | null {
  const wanted = JSON.stringify(name)
  let index = afterBlanks(json, 0)
  check(json[index] === '{', 'the text is a JSON object')
  index = afterBlanks(json, index + 1)
  while (json[index] === '"') {
    const keyEnd = afterValue(json, index)
    const start = afterBlanks(json, afterBlanks(json, keyEnd) + 1)
    const end = afterValue(json, start)
    if (json.slice(index, keyEnd) === wanted) return json.slice(start, end)
    index = afterBlanks(json, end)
    if (json[index] === ',') index = afterBlanks(json, index + 1)
  }
  return null
}

function afterBlanks(json: string, from: number): number {
  let index = from
  while (' \t\n\r'.includes(json[index] ?? '-')) index += 1
  return index
}

/** Where a value ends that begins at `from`, without recursion. */
function afterValue(json: string, from: number): number {
  let depth = 0
  let index = from
  while (index < json.length) {
    const letter = json[index] ?? ''
    if (letter === '"') index = afterText(json, index)
    else if (letter === '{' || letter === '[') {
      depth += 1
      index += 1
    } else if (letter === '}' || letter === ']') {
      if (depth === 0) return index
      depth -= 1
      index += 1
    } else if (depth === 0 && (letter === ',' || letter === ':' || ' \t\n\r'.includes(letter))) return index
    else {
      index += 1
      continue
    }
    if (depth === 0) return index
  }
  return index
}

function afterText(json: string, from: number): number {
  let index = from + 1
  while (index < json.length && json[index] !== '"') index += json[index] === '\\' ? 2 : 1
  return index + 1
}
