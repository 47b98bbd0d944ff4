import { readFileSync, writeFileSync } from 'node:fs'
import { programVersion } from '../src/lib/node/version.ts'

/** `npm version` runs it: what is unreleased becomes the version that the package has just got, as of today. */
function main(): void {
  const file = new URL('../CHANGELOG.md', import.meta.url)
  const changelog = readFileSync(file, 'utf8')
  writeFileSync(file, released(changelog, { version: programVersion(), day: new Date().toISOString().slice(0, 10) }))
}

const unreleased = '## [Unreleased]'
const kinds = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']

/** The changelog with a section for a version, made of what is unreleased; throws when nothing is. */
export function released(changelog: string, { version, day }: { readonly version: string; readonly day: string }): string {
  const [before = '', after = ''] = changelog.split(`${unreleased}\n`)
  if (!/^\s*(?!## )\S/.test(after)) throw new Error('CHANGELOG.md has nothing that is unreleased')
  return `${before}${unreleased}\n\n## [${version}] - ${day}\n${after}`
}

/** What is wrong with the changelog of a package, a sentence each. */
export function changelogFaults(changelog: string, version: string): readonly string[] {
  const [first = '', ...older] = [...changelog.matchAll(/^## .*$/gm)].map(([heading]) => heading)
  const versions = older.flatMap((heading) => /^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$/.exec(heading)?.[1] ?? [])
  const newest = versions[0]
  return [
    ...(first === unreleased ? [] : [`it does not begin with "${unreleased}"`]),
    ...(versions.length === older.length ? [] : ['a section is not named like "## [1.2.3] - 2026-11-22"']),
    ...(versions.every((one, index) => index === 0 || isNewer(versions[index - 1] ?? '', one))
      ? []
      : ['the versions do not go from the newest to the oldest']),
    ...(newest === undefined || newest === version ? [] : [`its newest version is ${newest}, and the package is ${version}`]),
    ...[...changelog.matchAll(/^### (.*)$/gm)].flatMap(([, kind = '']) =>
      kinds.includes(kind) ? [] : [`"${kind}" is none of ${kinds.join(', ')}`],
    ),
  ]
}

function isNewer(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) > 0
}

if (import.meta.main) main()
