import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '../../ports.ts'
import { known } from '../check.ts'
import { secretKeyOf } from '../secret-key.ts'
import { StartFault } from '../start-fault.ts'
import { syncFolder } from './whole-file.ts'

/**
 * The key that encrypts secrets at rest, from `secret.key` in the data directory; made on the first start, mode 0600.
 * A file that holds no key is a `StartFault`: a new key in its place would lose every secret that is sealed.
 */
export async function keptSecretKey(dataDir: string, random: Random): Promise<Uint8Array> {
  const path = secretKeyPath(dataDir)
  return keyIn((await contentOf(path)) ?? (await makeKey(path, random)), path)
}

/** The same key where there is one, and null otherwise. */
export async function findSecretKey(dataDir: string): Promise<Uint8Array | null> {
  const path = secretKeyPath(dataDir)
  const text = await contentOf(path)
  return text === null ? null : keyIn(text, path)
}

export const secretKeyPath = (dataDir: string): string => join(dataDir, 'secret.key')

function keyIn(text: string, path: string): Uint8Array {
  const key = secretKeyOf(text.trim())
  if (key === null)
    throw new StartFault(
      `${path} does not hold a key (64 hex digits). Bring it back from a backup; without it no stored secret can be read.`,
    )
  return key
}

async function contentOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (fault) {
    if (codeOf(fault) === 'ENOENT') return null
    throw fault
  }
}

/** Under another name until it is whole and on the disk: a crash leaves a key or none, and of two starters one wins. */
async function makeKey(path: string, random: Random): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true })
  const draft = `${path}.${Buffer.from(random.bytes(6)).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${Buffer.from(random.bytes(32)).toString('hex')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, path)
  } catch (fault) {
    if (codeOf(fault) !== 'EEXIST') throw fault
  } finally {
    await rm(draft)
  }
  await syncFolder(join(path, '..'))
  return known(await contentOf(path), 'the key was just written')
}

const codeOf = (fault: unknown): unknown => (fault instanceof Error && 'code' in fault ? fault.code : null)
