import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StartFault } from '../start-fault.ts'
import { nodeRandom } from './random.ts'
import { keptSecretKey } from './secret-key.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchbell-key-'))
})

afterEach(() => rm(folder, { recursive: true }))

test('the first start makes a key that only its owner reads, and later starts find it', async () => {
  const dataDir = join(folder, 'new', 'data')
  const key = await keptSecretKey(dataDir, nodeRandom)
  expect(key).toHaveLength(32)
  expect((await stat(join(dataDir, 'secret.key'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(dataDir, 'secret.key'), 'utf8')).toBe(`${Buffer.from(key).toString('hex')}\n`)
  expect(await keptSecretKey(dataDir, nodeRandom)).toEqual(key)
  expect(await readdir(dataDir)).toEqual(['secret.key'])
})

test('several starts at the same instant agree on one key', async () => {
  const keys = await Promise.all([1, 2, 3, 4, 5].map(() => keptSecretKey(folder, nodeRandom)))
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1)
  expect(await readdir(folder)).toEqual(['secret.key'])
})

test('a damaged key is never replaced', async () => {
  for (const text of ['', 'short', 'ab'.repeat(31), 'a'.repeat(63), 'not a key at all, but long enough to be one']) {
    await writeFile(join(folder, 'secret.key'), text)
    await expect(keptSecretKey(folder, nodeRandom)).rejects.toThrow(StartFault)
    expect(await readFile(join(folder, 'secret.key'), 'utf8')).toBe(text)
  }
})
