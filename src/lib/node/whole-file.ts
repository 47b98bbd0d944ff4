import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { StartFault } from '../start-fault.ts'

/**
 * Writes a file that is there as a whole or not at all: under `PATH.part`, readable by its owner only, and renamed when it is on
 * the disk. A file that is there already is replaced then. `write` must end the stream.
 */
export async function writeWholeFile(path: string, write: (sink: Writable) => Promise<void>): Promise<void> {
  const part = `${path}.part`
  const file = await openNew(path, part)
  try {
    await write(file.createWriteStream({ flush: true }))
    await rename(part, path)
  } catch (fault) {
    await rm(part, { force: true })
    throw asStartFault(fault, path)
  } finally {
    await file.close()
  }
  await syncFolder(dirname(path))
}

async function openNew(path: string, part: string) {
  try {
    const there = await stat(path).catch(() => null)
    // The rename would put a file in the place of a device.
    if (there !== null && !there.isFile()) throw new StartFault(`${path} is there and is no file. Name a file, or - for a pipe.`)
    // What a killed run has left.
    await rm(part, { force: true })
    return await open(part, 'wx', 0o600)
  } catch (fault) {
    if (fault instanceof StartFault || !(fault instanceof Error)) throw fault
    throw new StartFault(`${path} cannot be written: ${fault.message}`, { cause: fault })
  }
}

/** What a disk says of itself is for the operator. */
function asStartFault(fault: unknown, path: string): unknown {
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : ''
  return fault instanceof Error && diskFaults.has(code)
    ? new StartFault(`${path} cannot be written: ${fault.message}`, { cause: fault })
    : fault
}

const diskFaults: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'])

/** Brings the names in a directory to the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
