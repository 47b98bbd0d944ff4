/** A text as a list shows it: whole, or of a long one only the beginning. */
export type Excerpt = {
  readonly text: string
  /** Of the whole text, in UTF-8. */
  readonly bytes: number
  readonly isWhole: boolean
}

/** How much of texts a list reads from the database, whoever wrote them and however many there are. */
export const excerptLimits = {
  /** A longer text is not read whole. In bytes. */
  wholeBytesMax: 64 * 1024,
  /** From here on no text of the list is read whole. In bytes. */
  listBytesMax: 4 * 1024 * 1024,
  /** How much is shown of what is not whole. In UTF-16 units. */
  beginningMax: 4096,
} as const
