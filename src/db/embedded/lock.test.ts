import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDirectory } from './lock.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-test-'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** A process that waits for a line, tries to take the directory, says how it went, and keeps what it has until it is killed. */
function contender() {
  const script = `
    import { lockDirectory } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)}
    console.log('waiting')
    process.stdin.once('data', () =>
      lockDirectory(process.argv[1]).then(() => console.log('won'), (error) => console.log(error.message)))
    setTimeout(() => {}, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      child.once('exit', () => resolve())
      child.kill('SIGKILL')
    })
  return { pid: child.pid, next, go: () => child.stdin.write('go\n'), kill }
}

test('a second taker in the same process is refused until the first gives the directory free', async () => {
  const lock = await lockDirectory(directory)
  await expect(lockDirectory(directory)).rejects.toThrow(
    `another Watchbell (process ${process.pid}) uses the data directory ${directory}: ` +
      'stop it, or set WATCHBELL_DATA_DIR to another directory',
  )
  lock.release()
  lock.release()
  const next = await lockDirectory(directory)
  next.release()
})

test('of starters at the same instant exactly one wins, also over the lock of a killed owner', async () => {
  for (let round = 0; round < 3; round += 1) {
    const all = [contender(), contender(), contender(), contender()]
    for (const one of all) expect(await one.next()).toBe('waiting')
    for (const one of all) one.go()
    const answers = await Promise.all(all.map((one) => one.next()))
    const winner = all[answers.indexOf('won')]
    expect(answers.filter((answer) => answer === 'won')).toHaveLength(1)
    expect(answers.filter((answer) => answer.startsWith(`another Watchbell (process ${winner?.pid}) uses`))).toHaveLength(3)
    for (const one of all) await one.kill()
  }
})

test('a number left by a dead owner that is now another program keeps nobody out', async () => {
  writeFileSync(join(directory, 'watchbell.pid'), `1 ${hostname()}\n`)
  const lock = await lockDirectory(directory)
  expect(readFileSync(join(directory, 'watchbell.pid'), 'utf8')).toBe(`${process.pid} ${hostname()}\n`)
  lock.release()
})

test('a directory that cannot be locked is refused in one line', async () => {
  await expect(lockDirectory(join(directory, 'missing'))).rejects.toThrow(
    /cannot be locked \(unable to open database file\): start Watchbell as the user that owns/,
  )
})
