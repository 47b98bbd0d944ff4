import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StartFault } from '../start-fault.ts'
import { writeWholeFile } from './whole-file.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchbell-whole-'))
  path = join(folder, 'file')
})

afterEach(() => rm(folder, { recursive: true }))

const writing = (text: string) => (sink: Writable) => pipeline(Readable.from([text]), sink)

test('the file has what was written, for its owner only', async () => {
  await writeWholeFile(path, writing('new'))
  expect(await readFile(path, 'utf8')).toBe('new')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['file'])
})

test('until all is written the older file stays, and what a killed run left is replaced', async () => {
  await writeFile(path, 'old')
  await writeFile(`${path}.part`, 'half', { mode: 0o644 })
  await writeWholeFile(path, async (sink) => {
    await writing('new')(sink)
    expect(await readFile(path, 'utf8')).toBe('old')
    expect((await stat(`${path}.part`)).mode & 0o777).toBe(0o600)
  })
  expect(await readFile(path, 'utf8')).toBe('new')
})

test('a writer that fails leaves the older file and nothing else', async () => {
  await writeFile(path, 'old')
  const failing = writeWholeFile(path, async () => {
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await readFile(path, 'utf8')).toBe('old')
  expect(await readdir(folder)).toEqual(['file'])
})

test('a full disk is told with the name of the file', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const failing = writeWholeFile(path, async () => {
    throw full
  })
  await expect(failing).rejects.toBeInstanceOf(StartFault)
  await expect(failing).rejects.toThrow(`${path} cannot be written: ENOSPC`)
})

test('a directory and a device are never replaced', async () => {
  await symlink('/dev/null', path)
  await expect(writeWholeFile(path, writing('new'))).rejects.toThrow(`${path} is there and is no file`)
  await expect(writeWholeFile(folder, writing('new'))).rejects.toThrow(StartFault)
  await expect(writeWholeFile(join(folder, 'none', 'file'), writing('new'))).rejects.toThrow(/cannot be written: ENOENT/)
})
