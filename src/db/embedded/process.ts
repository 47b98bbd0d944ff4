import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { User } from './user.ts'

export type Run = {
  readonly program: string
  readonly args: readonly string[]
  /** Null: the user of this process. */
  readonly user: User | null
  readonly input?: string
}

/** Everything that PostgreSQL's programs get of our environment; `PG…` variables of the operator must not reach them. */
export const programEnvironment = (): { readonly [name: string]: string } => ({
  LC_ALL: programLocale,
  TZ: 'UTC',
  TMPDIR: tmpdir(),
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
})

/** Decides little, as order and case of letters are PostgreSQL's own. macOS lacks C.UTF-8. */
export const programLocale = process.platform === 'darwin' ? 'C' : 'C.UTF-8'

/** Runs a program to its end. The code is null when it could not be run at all or was killed by a signal. */
export async function run(what: Run): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(what.program, what.args, {
    cwd: '/',
    env: programEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(what.user === null ? {} : { uid: what.user.uid, gid: what.user.gid }),
  })
  let output = ''
  const keep = (text: string): void => {
    output = (output + text).slice(-4000)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  // A program that ends before it read its input closes the pipe; its exit code tells more than that.
  child.stdin.on('error', () => undefined)
  child.stdin.end(what.input ?? '')
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve)
    child.on('error', (error) => {
      keep(error.message)
      resolve(null)
    })
  })
  return { code, output: output.trim() }
}

/** Whether a process of that number lives, whoever owns it. A zombie does not live. */
export const isAlive = (pid: number): boolean => exists(pid) && stateOf(pid) !== 'Z'

/** Whether the number is taken, if only by a zombie. */
export function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** The first letter of the state (`R`, `S`, `Z`, …), or null when nothing can be learned. */
function stateOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may contain anything, also parentheses.
    return stat.charAt(stat.lastIndexOf(')') + 2) || null
  } catch {
    return describe(pid)?.charAt(0) ?? null
  }
}

/** State and command line by `ps`, for systems without /proc; null when there is no such process. */
export function describe(pid: number): string | null {
  const ps = spawnSync('ps', ['-ww', '-o', 'stat=', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  return ps.status === 0 ? ps.stdout.trim() : null
}

/** Whether `setpriv` is there and can tie a child's life to ours. */
export function canTieLife(): boolean {
  if (process.platform !== 'linux') return false
  const help = spawnSync('setpriv', ['--help'], { encoding: 'utf8' })
  return help.status === 0 && help.stdout.includes('--pdeathsig')
}
