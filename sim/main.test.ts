import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))

test('the same seeds leave the same trace, whatever else the machine does', { timeout: 240_000 }, async () => {
  const [one, other] = await Promise.all([sim('--from', '1', '--seeds', '3'), sim('--from', '1', '--seeds', '3')])
  expect(one).toMatch(/^3 passed, 0 failed: .*, trace [0-9a-f]{16}$/m)
  expect(traceIn(one)).toBe(traceIn(other))
})

function sim(...options: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}

const traceIn = (output: string): string => /trace ([0-9a-f]+)$/m.exec(output)?.[1] ?? 'none'
