import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/**
 * Completes package-lock.json. `npm install` leaves out of the lock every optional package that the registry in use does not have
 * (a binary for another platform), and `npm ci` then refuses the lock as incomplete. So each of them gets an entry that says
 * for which platform it is. Such an entry has no integrity: it is never fetched on a platform whose packages could be had here.
 * Addresses of registries are taken out, because a clone may use another one.
 *
 * Run after every change of the dependencies; `--check` changes nothing and fails when there would be something to do.
 */
function main(): void {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  const before = readFileSync(lockFile, 'utf8')
  const lock: Lock = JSON.parse(before)
  const faults = faultsOf(lock, readManifests())
  if (values.check) {
    for (const fault of faults) console.error(fault)
    if (faults.length > 0) console.error('package-lock.json is not complete: run "npm run fix-lock"')
    process.exitCode = faults.length > 0 ? 1 : 0
    return
  }
  const after = JSON.stringify(completed(lock, readManifests()), null, 2) + '\n'
  if (after !== before) writeFileSync(lockFile, after)
  console.log(`package-lock.json: ${faults.length} faults mended`)
}

type Manifest = { readonly optionalDependencies?: Readonly<Record<string, string>> }

/** The manifests of this repository by their place in the lock: npm forgets there what it could not fetch. */
export type Manifests = Readonly<Record<string, Manifest>>

export type LockEntry = {
  readonly name?: string
  readonly version?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

export type Lock = {
  readonly packages: Readonly<Record<string, LockEntry>>
  readonly [field: string]: unknown
}

const lockFile = fileURLToPath(new URL('../package-lock.json', import.meta.url))

export function readManifests(): Manifests {
  const read = (path: string): Manifest => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'))
  return { '': read('package.json'), runtime: read('runtime/package.json') }
}

/** What `npm ci` would stumble over, and what ties the lock to one registry; a sentence each. */
export function faultsOf(lock: Lock, manifests: Manifests): readonly string[] {
  const packages = withManifests(manifests, lock.packages)
  const wanted = wantedPackages(packages)
  return [
    ...wanted.filter((want) => foundFor(packages, want) === null).map((want) => `${want.name} ${want.version} has no entry`),
    ...Object.entries(lock.packages).flatMap(([place, entry]) => (isTied(entry) ? [`${place} names a registry`] : [])),
    ...Object.entries(manifests).flatMap(([place, { optionalDependencies }]) =>
      sameRecord(lock.packages[place]?.optionalDependencies, optionalDependencies)
        ? []
        : [`the optional packages differ from those in ${place === '' ? '' : `${place}/`}package.json`],
    ),
  ]
}

/** The lock with an entry for every optional package and without addresses. */
export function completed(lock: Lock, manifests: Manifests): Lock {
  const packages: Record<string, LockEntry> = Object.fromEntries(
    Object.entries(withManifests(manifests, lock.packages)).map(([place, entry]) => [
      place,
      isTied(entry) ? untied(entry) : entry,
    ]),
  )
  for (const want of wantedPackages(packages)) {
    if (foundFor(packages, want) === null) packages[freePlaceFor(packages, want)] = entryFor(want)
  }
  // npm sorts like this, so the next `npm install` leaves the order alone.
  const sorted = Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'))
  return { ...lock, packages: Object.fromEntries(sorted) }
}

type Wanted = { readonly by: string; readonly name: string; readonly version: string; readonly dev: boolean }

function wantedPackages(packages: Lock['packages']): readonly Wanted[] {
  return Object.entries(packages).flatMap(([by, entry]) =>
    Object.entries(entry.optionalDependencies ?? {}).map(([name, version]) => ({
      by,
      name,
      version,
      dev: entry.dev === true || entry.devOptional === true,
    })),
  )
}

/** The place where Node would find the package, or null. An alias is not the package: npm writes one for a package it cannot find. */
function foundFor(packages: Lock['packages'], want: Wanted): string | null {
  const place = placesFor(want).find((candidate) => candidate in packages)
  if (place === undefined) return null
  const entry = packages[place]
  const isAlias = entry?.name !== undefined && entry.name !== want.name
  const isOtherVersion = /^\d/.test(want.version) && entry?.version !== want.version
  return isAlias || isOtherVersion ? null : place
}

/** As high as nothing else is in the way; an alias of the same name gives way. */
function freePlaceFor(packages: Lock['packages'], want: Wanted): string {
  const places = placesFor(want).toReversed()
  return (
    places.find((place) => packages[place] === undefined || packages[place].name !== undefined) ??
    `${want.by}/node_modules/${want.name}`
  )
}

/** All places that are looked at for a package, the nearest first. */
function placesFor(want: Wanted): readonly string[] {
  const places: string[] = []
  for (let folder = want.by; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    places.push(folder === '' ? `node_modules/${want.name}` : `${folder}/node_modules/${want.name}`)
    if (folder === '') return places
  }
}

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'sunos', 'win32']
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/** The entry of a package that only its name tells about. */
function entryFor(want: Wanted): LockEntry {
  const words = want.name.split(/[/-]/)
  const os = words.filter((word) => systems.includes(word))
  const cpu = words.filter((word) => processors.includes(word))
  if (os.length === 0 && cpu.length === 0) throw new Error(`${want.name}: the name does not tell for which platform it is`)
  return {
    version: want.version,
    ...(cpu.length > 0 && { cpu }),
    ...(want.dev && { dev: true }),
    ...(words.some((word) => word.startsWith('musl')) && { libc: ['musl'] }),
    ...(words.some((word) => word.startsWith('gnu')) && { libc: ['glibc'] }),
    optional: true,
    ...(os.length > 0 && { os }),
    ...(want.name.startsWith('node-') && { bin: { node: 'bin/node' } }),
  }
}

function withManifests(manifests: Manifests, packages: Lock['packages']): Lock['packages'] {
  const entries = Object.entries(manifests).map(([place, { optionalDependencies = {} }]) => {
    const entry: LockEntry = { ...packages[place], optionalDependencies }
    return [place, entry] as const
  })
  return { ...packages, ...Object.fromEntries(entries) }
}

const isTied = (entry: LockEntry): boolean => entry.resolved !== undefined && entry.link !== true

function untied(entry: LockEntry): LockEntry {
  const { resolved: _, ...rest } = entry
  return rest
}

function sameRecord(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const entries = Object.entries(a)
  return entries.length === Object.keys(b).length && entries.every(([key, value]) => b[key] === value)
}

if (import.meta.main) main()
