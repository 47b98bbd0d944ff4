import { createHash } from 'node:crypto'

export const shardCount = 64

export const allShards: readonly number[] = Array.from({ length: shardCount }, (_, shard) => shard)

/** The shard of a thing: stable, evenly spread. What the key is made of is per kind (deliveries: endpoint; runs: alert group). */
export function shardOf(key: string): number {
  return createHash('sha1').update(key).digest().readUInt8(0) % shardCount
}
