import { isObject } from '../lib/json.ts'

/**
 * How `JSON.stringify(json, null, 2)` begins: its first `lengthMax` characters or a few more, all of it where it is
 * shorter. Takes time for what it writes and not for what there is: indented, a deep body would be a hundred times as long.
 */
export function prettyStart(json: unknown, lengthMax: number): string {
  let text = ''
  for (const piece of pieces(json, { lineStart: '\n', lengthMax })) {
    text += piece
    if (text.length >= lengthMax) return text
  }
  return text
}

type Place = { readonly lineStart: string; readonly lengthMax: number }

function* pieces(json: unknown, place: Place): Generator<string> {
  if (Array.isArray(json)) yield* listPieces(json, place)
  else if (isObject(json)) yield* objectPieces(json, place)
  else yield textOfLeaf(json, place)
}

function* listPieces(list: readonly unknown[], place: Place): Generator<string> {
  if (list.length === 0) {
    yield '[]'
    return
  }
  const inner = deeper(place)
  for (const [index, item] of list.entries()) {
    yield (index === 0 ? '[' : ',') + inner.lineStart
    yield* pieces(item, inner)
  }
  yield `${place.lineStart}]`
}

function* objectPieces(object: { readonly [key: string]: unknown }, place: Place): Generator<string> {
  const keys = Object.keys(object)
  if (keys.length === 0) {
    yield '{}'
    return
  }
  const inner = deeper(place)
  for (const [index, key] of keys.entries()) {
    yield `${index === 0 ? '{' : ','}${inner.lineStart}${textOfLeaf(key, place)}: `
    yield* pieces(object[key], inner)
  }
  yield `${place.lineStart}}`
}

const deeper = ({ lineStart, lengthMax }: Place): Place => ({ lineStart: `${lineStart}  `, lengthMax })

const textOfLeaf = (leaf: unknown, { lengthMax }: Place): string =>
  JSON.stringify(typeof leaf === 'string' ? leaf.slice(0, lengthMax) : leaf)
