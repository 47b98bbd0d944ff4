import type { Random } from '../ports.ts'

/** A share from 0 to below 1, evenly. */
export function randomShare({ bytes }: Random): number {
  return Buffer.from(bytes(4)).readUInt32BE() / 2 ** 32
}
