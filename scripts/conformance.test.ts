import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runNode } from './tool.ts'

const conformance = (...argv: string[]) => runNode(['scripts/conformance.ts', ...argv], 'kept')

test('all promises of a kind are kept', async () => {
  const { code, output } = await conformance('schedule')
  expect(output).toContain('109 passed, 0 failed\n')
  expect(code).toBe(0)
  expect((await conformance('egress')).output).toContain('193 passed, 0 failed\n')
  expect((await conformance('template')).output).toContain('607 passed, 0 failed\n')
})

test('docs/schedules.md has the table that `npm run conformance -- schedule --table` prints today', async () => {
  const { output } = await conformance('schedule', '--table')
  expect(output).toMatch(/^\| all of them, each counted once \| 109 \| 109 \|$/m)
  expect(readFileSync('docs/schedules.md', 'utf8')).toContain(`\n${output}`)
})

test('a promise that is not kept is shown, and fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vectors-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = JSON.parse(readFileSync('test/vectors/schedule-dst.json', 'utf8'))
  const [vector] = file.vectors
  vector.expected_shifts[0].user = 'zoe'
  vector.expected_transitions.pop()
  writeFileSync(join(folder, 'file.json'), JSON.stringify({ ...file, vectors: [vector] }))
  const { code, output } = await conformance('schedule', join(folder, 'file.json'))
  expect(code).toBe(1)
  expect(output).toMatch(/^FAIL {2}API-01 /)
  expect(output).toContain('shifts: missing     2011-12-28T19:00:00Z to 2011-12-29T19:00:00Z zoe\n')
  expect(output).toContain('transitions: unexpected  2011-12-31T19:00:00Z -[ana] +[ben] =[ben]\n')
  expect(output).toContain('0 passed, 1 failed\n')
})

test('receivers are judged by what they are called and where they are, as far as a file says it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vectors-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const url = 'https://hooks.example.com/'
  const vectors = [
    { url, verdict: 'allow' },
    { url, resolves_to: ['93.184.215.14'], verdict: 'allow' },
    { url, resolves_to: ['10.0.0.1'], verdict: 'allow' },
    { url, resolves_to: [], verdict: 'allow' },
    { url, sequence: [['93.184.215.14'], ['127.0.0.1']], verdict: 'refuse' },
    { url, resolves_to: ['93.184.215.14'], redirect_to: 'http://[::1]/', verdict: 'refuse' },
    { url: 'http://localhost/', verdict: 'refuse' },
    { url: 'http://localhost/', verdict: 'allow' },
  ].map((vector, index) => ({ id: `E-${index + 1}`, category: 'test', why: 'it is so', ...vector }))
  writeFileSync(join(folder, 'file.json'), JSON.stringify(vectors))
  const { code, output } = await conformance('egress', join(folder, 'file.json'))
  expect(code).toBe(1)
  expect(output.match(/^FAIL {2}E-\d/gm)).toEqual(['FAIL  E-3', 'FAIL  E-4', 'FAIL  E-8'])
  expect(output).toContain('5 passed, 3 failed\n')
})

test('what a template says, and why it fails, may be told in several ways', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vectors-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const vectors = [
    { template: '{{ x }}', context: { x: 1 }, expected: '1' },
    { template: '{{ x }}', expected: '1' },
    { template: '{{ x.y }}', context: {}, error: "Template Warning: 'x' is undefined" },
    { template: '{{ x.y }}', context: {}, error: "'x' is undefined" },
    { template: '{{ x.y }}', context: {}, error: "UndefinedError: 'x' is undefined" },
    { template: '{{ x.y }}', context: {}, error: 'UndefinedError' },
    { template: '{{ x.y }}', context: {}, error: "'y' is undefined" },
    { template: '{{ x }}', context: {}, error: true },
  ]
  writeFileSync(join(folder, 'file.json'), JSON.stringify(vectors))
  const { code, output } = await conformance('template', join(folder, 'file.json'))
  expect(code).toBe(1)
  expect(output.match(/^(?:pass|FAIL) {2}T-\d/gm)).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((id) => `${[2, 7, 8].includes(id) ? 'FAIL' : 'pass'}  T-${id}`),
  )
  expect(output).toContain('expected text:  "1"\n        found text:     ""\n')
  expect(output).toContain("expected error: 'y' is undefined\n        found error:    Template Warning: 'x' is undefined\n")
  expect(output).toContain('5 passed, 3 failed\n')
})

test.each([
  [['moon'], 'KIND is schedule or egress or template'],
  [['schedule', 'test/vectors/ssrf.json'], 'no known format'],
  [['egress', 'test/vectors/schedule-dst.json'], 'no list of vectors'],
  [['template', 'test/vectors/ssrf.json'], 'no list of vectors'],
  [['schedule', 'no-such-file.json'], 'ENOENT'],
])('%j is refused', async (argv, reason) => {
  const { code, output } = await conformance(...argv)
  expect(output).toContain(reason)
  expect(code).toBe(1)
})
