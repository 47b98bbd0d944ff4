/** A defect: something that cannot happen did. Ends this request or loop step; never caught to be ignored. */
class Defect extends Error {
  override readonly name = 'Defect'
}

/** States what the code believes. Stays on in production. */
export function check(condition: boolean, belief: string): asserts condition {
  if (!condition) throw new Defect(`broken belief: ${belief}`)
}

/** A value that the types cannot prove to be there. */
export function known<Value>(value: Value | null | undefined, belief: string): Value {
  if (value === null || value === undefined) throw new Defect(`broken belief: ${belief}`)
  return value
}

/** The end of a `switch` over all cases. */
export function impossible(value: never): never {
  throw new Defect(`a case nobody thought of: ${JSON.stringify(value)}`)
}
