/** As PostgreSQL counts its types. */
const oids = { text: 25, bytea: 17, jsonb: 3802 } as const

/**
 * Texts as the parameter of a `text[]`, in PostgreSQL's binary form, for many or long ones. As text, each quotation mark of each would be
 * escaped here and unescaped there, and JSON is full of them: that takes longer than to write the rows.
 */
export const textArray = (texts: readonly string[]): Buffer =>
  arrayOf(oids.text, texts, { lengthOf: (text) => Buffer.byteLength(text), write: (text, into, at) => into.write(text, at) })

/** Bytes as the parameter of a `bytea[]`. As text, each would be two digits, which are read twice over. */
export const byteaArray = (values: readonly (Uint8Array | null)[]): Buffer =>
  arrayOf(oids.bytea, values, {
    lengthOf: ({ length }) => length,
    write: (value, into, at) => {
      into.set(value, at)
      return value.length
    },
  })

/** Texts of JSON as the parameter of a `jsonb[]`. */
export const jsonbArray = (texts: readonly (string | null)[]): Buffer =>
  arrayOf(oids.jsonb, texts, {
    lengthOf: (text) => 1 + Buffer.byteLength(text),
    // Its form has a version, which is 1.
    write: (text, into, at) => 1 + into.write(text, into.writeInt8(1, at)),
  })

type Element<Value> = {
  readonly lengthOf: (value: Value) => number
  /** Returns how many bytes were written. */
  readonly write: (value: Value, into: Buffer, at: number) => number
}

/** One dimension, whose elements are counted from 1; one of length -1 is null. */
function arrayOf<Value>(oid: number, values: readonly (Value | null)[], { lengthOf, write }: Element<Value>): Buffer {
  const lengths = values.map((value) => (value === null ? -1 : lengthOf(value)))
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + Math.max(length, 0), 20))
  let end = 0
  for (const word of [1, Number(lengths.includes(-1)), oid, values.length, 1]) end = bytes.writeInt32BE(word, end)
  for (const [index, value] of values.entries()) {
    end = bytes.writeInt32BE(lengths[index] ?? -1, end)
    if (value !== null) end += write(value, bytes, end)
  }
  return bytes
}
