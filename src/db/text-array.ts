/** The type `text`, as PostgreSQL counts its types. */
const textOid = 25

/**
 * Texts as the parameter of a `text[]`, in PostgreSQL's binary form, for many or long ones. As text, each quotation mark of each would be
 * escaped here and unescaped there, and JSON is full of them: that takes longer than to write the rows.
 */
export function textArray(texts: readonly string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text))
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 20))
  // One dimension, no nulls, whose elements are texts and are counted from 1.
  let end = 0
  for (const word of [1, 0, textOid, texts.length, 1]) end = bytes.writeInt32BE(word, end)
  for (const [index, text] of texts.entries()) {
    end = bytes.writeInt32BE(lengths[index] ?? 0, end)
    end += bytes.write(text, end)
  }
  return bytes
}
