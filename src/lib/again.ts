/**
 * Somebody else was faster in a way that only a new look can settle: the transaction is rolled back and done again
 * from its beginning.
 */
export class Again extends Error {
  override readonly name = 'Again'
}
