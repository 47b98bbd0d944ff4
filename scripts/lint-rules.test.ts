import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// A checker that was never seen to fail proves nothing: each file here breaks one rule, and the real configuration must say so.

const root = fileURLToPath(new URL('..', import.meta.url))
const configuration = [
  'oxlint.config.ts',
  'tsconfig.json',
  'knip.json',
  'biome.json',
  '.gitignore',
  'package.json',
  'scripts/layers.ts',
  'scripts/lint-plugin.ts',
]
const lines = (count: number, line: string) => Array.from({ length: count }, () => line).join('\n')

type Planted = { readonly file: string; readonly text: string; readonly rule: string; readonly words?: string }

const planted: readonly Planted[] = [
  ...[
    `import { thing } from '../inbound/thing.ts'\nexport const a1 = thing`,
    `import type { Thing } from '../inbound/thing.ts'\nexport type A1 = Thing`,
    `import { type Thing } from '../inbound/thing.ts'\nexport type A1 = Thing`,
    `export { thing } from '../inbound/thing.ts'`,
    `export * from '../inbound/thing.ts'`,
    `export type { Thing } from '../inbound/thing.ts'`,
    `export const a1 = () => import('../inbound/thing.ts')`,
    `export type A1 = import('../inbound/thing.ts').Thing`,
  ].map((text, form) => ({ file: `src/alerts/upward-${form}.ts`, text, rule: 'watchbell(layers)', words: 'never asks upward' })),
  {
    file: 'src/alerts/store-of-another.ts',
    text: `export { row } from '../events/store.ts'`,
    rule: 'watchbell(layers)',
    words: 'the layer "store" of events',
  },
  { file: 'src/alerts/database.ts', text: `export { sql } from 'kysely'`, rule: 'watchbell(layers)', words: 'kysely' },
  { file: 'src/alerts/builtin.ts', text: `export { readFileSync } from 'node:fs'`, rule: 'watchbell(layers)', words: 'node:fs' },
  {
    file: 'src/alerts/random.ts',
    text: `export { randomUUID } from 'node:crypto'`,
    rule: 'watchbell(layers)',
    words: 'randomUUID',
  },
  { file: 'src/helpers/text.ts', text: 'export const text = 1', rule: 'watchbell(layers)', words: 'lies in no layer' },
  {
    file: 'src/lib/upward.ts',
    text: `export { thing } from '../inbound/thing.ts'`,
    rule: 'watchbell(layers)',
    words: 'the layer "lib" does not import',
  },
  {
    file: 'src/http/upward.ts',
    text: `export { thing } from '../inbound/thing.ts'`,
    rule: 'watchbell(layers)',
    words: 'http/ does not import',
  },
  {
    file: 'src/alerts/computed.ts',
    text: 'export const load = (name: string) => import(name)',
    rule: 'watchbell(layers)',
    words: 'names no file',
  },
  {
    file: 'src/alerts/cycle-a.ts',
    text: `import type { B } from './cycle-b.ts'\nexport type A = { readonly b: B | null }`,
    rule: 'import(no-cycle)',
  },
  {
    file: 'src/alerts/cycle-b.ts',
    text: `import type { A } from './cycle-a.ts'\nexport type B = { readonly a: A | null }`,
    rule: 'import(no-cycle)',
  },
  ...[
    'Date.now()',
    'new Date()',
    'new Date(0)',
    'Date()',
    'globalThis.Date',
    'process.env',
    'globalThis.process',
    'performance.now()',
    'crypto.randomUUID()',
    `fetch('http://localhost')`,
    `globalThis.fetch('http://localhost')`,
    'setTimeout(() => 1, 1)',
    'setInterval(() => 1, 1)',
    'setImmediate(() => 1)',
  ].map((text, form) => ({
    file: `src/alerts/ambient-${form}.ts`,
    text: `export const ambient = () => ${text}`,
    rule: 'eslint(no-restricted-globals)',
  })),
  { file: 'src/alerts/dice.ts', text: 'export const dice = () => Math.random()', rule: 'eslint(no-restricted-properties)' },
  { file: 'src/lib/time.ts', text: 'export const now = () => Date.now()', rule: 'eslint(no-restricted-properties)' },
  {
    file: 'src/alerts/long.ts',
    text: `export function long(a: number[]) {\n${lines(71, '  a.push(1)')}\n}`,
    rule: 'eslint(max-lines-per-function)',
  },
  { file: 'src/alerts/endless.ts', text: lines(501, '// One line too many.'), rule: 'eslint(max-lines)' },
  {
    file: 'src/alerts/many.ts',
    text: 'export const many = (a: 1, b: 2, c: 3, d: 4) => [a, b, c, d]',
    rule: 'eslint(max-params)',
  },
  { file: 'src/alerts/default.ts', text: 'export default 1', rule: 'import(no-default-export)' },
  { file: 'src/alerts/console.ts', text: `export const shout = () => console.log('hello')`, rule: 'eslint(no-console)' },
  { file: 'src/alerts/any.ts', text: 'export const any = (value: any) => value', rule: 'typescript(no-explicit-any)' },
  {
    file: 'src/alerts/any-leak.ts',
    text: 'export const leak = (text: string): number => JSON.parse(text)',
    rule: 'typescript(no-unsafe-return)',
  },
  {
    file: 'src/alerts/non-null.ts',
    text: 'export const sure = (value: number | null) => value!.toFixed()',
    rule: 'typescript(no-non-null-assertion)',
  },
  {
    file: 'src/alerts/as.ts',
    text: 'export const narrow = (value: unknown) => value as string',
    rule: 'typescript(no-unsafe-type-assertion)',
  },
  { file: 'src/alerts/comment.ts', text: '// @ts-ignore\nexport const ignored = 1', rule: 'typescript(ban-ts-comment)' },
  {
    file: 'src/alerts/value-import.ts',
    text: `import { Thing } from '../events/event.ts'\nexport type Same = Thing`,
    rule: 'typescript(consistent-type-imports)',
  },
  {
    file: 'src/alerts/floating.ts',
    text: 'export const start = (work: () => Promise<void>) => {\n  work()\n}',
    rule: 'typescript(no-floating-promises)',
  },
  {
    file: 'src/alerts/misused.ts',
    text: 'export const each = (work: () => Promise<void>) => [1].forEach(work)',
    rule: 'typescript(no-misused-promises)',
  },
  {
    file: 'src/alerts/switch.ts',
    text: `export function name(kind: 'a' | 'b') {\n  switch (kind) {\n    case 'a':\n      return 1\n  }\n  return 2\n}`,
    rule: 'typescript(switch-exhaustiveness-check)',
  },
  { file: 'src/alerts/throw.ts', text: `export function fail() {\n  throw 'words'\n}`, rule: 'typescript(only-throw-error)' },
  { file: 'src/alerts/equal.ts', text: 'export const equal = (a: number, b: number) => a == b', rule: 'eslint(eqeqeq)' },
  {
    file: 'src/alerts/only.test.ts',
    text: `import { test } from 'vitest'\ntest.only('alone', () => {})`,
    rule: 'vitest(no-focused-tests)',
  },
]

const clean: Readonly<Record<string, string>> = {
  'src/inbound/thing.ts': 'export type Thing = number\nexport const thing: Thing = 1',
  'src/events/event.ts': 'export type Thing = { readonly kind: string }',
  'src/events/store.ts': `import { sql } from 'kysely'\nexport const row = (value: unknown) => ({ sql, text: value as string })`,
  'src/lib/ids.ts': 'export const id = (text: string) => text as string & { readonly brand: 1 }',
  'src/lib/node/clock.ts':
    'export const now = () => Date.now() + Math.random() + setTimeout(() => 1, 1).hasRef().toString().length',
  'src/config.ts': `export const port = () => process.env['PORT'] ?? null`,
  'src/alerts/alert.ts': `import { createHash } from 'node:crypto'\nimport type { Thing } from '../events/event.ts'\nexport const kinds = ['a', 'b'] as const\nexport const hash = (thing: Thing) => createHash('sha256').update(thing.kind).digest()`,
  'src/alerts/alert.test.ts': `import { expect, test } from 'vitest'\nimport { thing } from '../inbound/thing.ts'\ntest('time is free here', () => {\n  expect(Date.now() + thing).toBeGreaterThan(0)\n})`,
  'sim/world.ts': `export const world = () => console.log(process.env['SEED'])`,
}

const folder = mkdtempSync(join(tmpdir(), 'watchbell-lint-'))
const run = (tool: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'node_modules', tool), ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 })

type Diagnostic = { readonly filename: string; readonly code: string; readonly message: string }
let diagnostics: readonly Diagnostic[] = []

beforeAll(() => {
  for (const name of configuration) place(name, null)
  for (const { file, text } of planted) place(file, text)
  for (const [file, text] of Object.entries(clean)) place(file, text)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const output = run('oxlint/bin/oxlint', '-f', 'json', 'src', 'sim').stdout
  diagnostics = JSON.parse(output).diagnostics
})

afterAll(() => rmSync(folder, { recursive: true }))

describe('the linter', () => {
  test.each(planted.map((one) => [one.rule, one.file, one.words ?? ''] as const))('%s is reported in %s', (rule, file, words) => {
    expect(diagnostics).toContainEqual(
      expect.objectContaining({ filename: file, code: rule, message: expect.stringContaining(words) }),
    )
  })

  test('finds nothing in files that keep the rules', () => {
    expect(diagnostics.filter(({ filename }) => filename in clean)).toEqual([])
  })
})

test('the compiler refuses what Node cannot run', () => {
  place('src/lib/enum.ts', 'export enum Colour {\n  Red,\n}')
  const output = run('typescript/bin/tsc').stdout
  expect(output).toContain('src/lib/enum.ts(1,13): error TS1294')
})

test('the formatter refuses another style', () => {
  place('src/lib/style.ts', 'export const style = "double";')
  expect(run('@biomejs/biome/bin/biome', 'format', 'src/lib/style.ts').status).toBe(1)
  place('src/lib/style.ts', `export const style = 'single'`)
  expect(run('@biomejs/biome/bin/biome', 'format', 'src/lib/style.ts').status).toBe(0)
})

test('an export that nobody imports is dead', () => {
  place('src/main.ts', `import { used } from './lib/half.ts'\nexport const main = () => used`)
  place('src/lib/half.ts', 'export const used = 1\nexport const forgotten = 2')
  const output = run('knip/bin/knip.js', '--reporter', 'compact').stdout
  expect(output).toContain('src/lib/half.ts: forgotten')
  expect(output).toContain('src/alerts/dice.ts')
})

/** Writes a file of the fixture; null takes the repository's own. */
function place(name: string, text: string | null): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  if (text === null) cpSync(join(root, name), join(folder, name))
  else writeFileSync(join(folder, name), text + '\n')
}
