import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { changelogFaults, released } from './changelog.ts'

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')

test('the changelog of this repository belongs to its version', () => {
  expect(changelogFaults(read('CHANGELOG.md'), JSON.parse(read('package.json')).version)).toEqual([])
})

test('the lock file has the version of the package', () => {
  expect(JSON.parse(read('package-lock.json')).version).toBe(JSON.parse(read('package.json')).version)
})

test('a release gives its version and day to what was unreleased', () => {
  const before = '# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- A leak.\n\n## [0.9.0] - 2026-11-01\n'
  const after =
    '# Changelog\n\n## [Unreleased]\n\n## [0.10.0] - 2026-11-22\n\n### Fixed\n\n- A leak.\n\n## [0.9.0] - 2026-11-01\n'
  expect(released(before, { version: '0.10.0', day: '2026-11-22' })).toBe(after)
  expect(changelogFaults(after, '0.10.0')).toEqual([])
})

test.each(['# Changelog\n', '## [Unreleased]\n', '## [Unreleased]\n\n## [0.9.0] - 2026-11-01\n'])(
  'there is no release of nothing: %j',
  (changelog) => {
    expect(() => released(changelog, { version: '1.0.0', day: '2026-11-22' })).toThrow('nothing that is unreleased')
  },
)

test('each fault of a changelog is told', () => {
  const changelog = '## Changes\n\n### Improved\n\n## [0.9.0] - 2026-11-01\n\n## [0.10.0] - 2026-11-22\n\n## 0.8.0\n'
  expect(changelogFaults(changelog, '0.10.0')).toEqual([
    'it does not begin with "## [Unreleased]"',
    'a section is not named like "## [1.2.3] - 2026-11-22"',
    'the versions do not go from the newest to the oldest',
    'its newest version is 0.9.0, and the package is 0.10.0',
    '"Improved" is none of Added, Changed, Deprecated, Removed, Fixed, Security',
  ])
})
