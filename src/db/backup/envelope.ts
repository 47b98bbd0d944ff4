import { createHash } from 'node:crypto'
import { StartFault } from '../../lib/start-fault.ts'

/**
 * A backup is a zstd file, which `zstdcat` unpacks, whose last 72 bytes are a frame that zstd skips (RFC 8878, 3.1.2): eight
 * bytes that say so, and the SHA-256 of all before them in hex.
 */
const skippable = Buffer.from('502a4d1840000000', 'hex')
const trailerBytes = skippable.length + 64

/** Adds the frame with the checksum to the end. */
export async function* sealed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
  yield Buffer.concat([skippable, Buffer.from(hash.digest('hex'))])
}

/** What was sealed, without the frame. Ends only when the checksum is right, and otherwise with a `StartFault`. */
export async function* unsealed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    if (held.length <= trailerBytes) continue
    const content = held.subarray(0, -trailerBytes)
    held = held.subarray(-trailerBytes)
    hash.update(content)
    yield content
  }
  if (held.length < trailerBytes || !held.subarray(0, skippable.length).equals(skippable))
    throw new StartFault('The file is no backup of Watchbell, or its end is missing. Nothing was restored.')
  if (held.subarray(skippable.length).toString() !== hash.digest('hex'))
    throw new StartFault('The backup is damaged: its checksum is wrong. Nothing was restored; take another copy of it.')
}
