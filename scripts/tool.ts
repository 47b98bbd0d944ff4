import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export type Finished = { readonly code: number; readonly output: string }

/**
 * Runs a program of node_modules on this very Node. Its output is `shown` as it comes, or `kept` and handed back.
 * A program that was ended by a signal counts as failed.
 */
export function runTool(program: string, argv: readonly string[], output: 'shown' | 'kept'): Promise<Finished> {
  return runNode([`node_modules/${program}`, ...argv], output)
}

/** Runs a script of this repository, or whatever else Node is told to run, in the root of the repository. */
export function runNode(argv: readonly string[], output: 'shown' | 'kept'): Promise<Finished> {
  const pipe = output === 'shown' ? 'inherit' : 'pipe'
  const child = spawn(process.execPath, argv, { cwd: root, stdio: ['inherit', pipe, pipe] })
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }))
  })
}
