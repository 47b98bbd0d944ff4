// Plain JavaScript that even Node 12 can read. Runs a TypeScript file, or a program of node_modules/.bin, with the rest of the
// command line: `node scripts/run.js scripts/check.ts --only types`.
import { spawn } from 'child_process'
import { existsSync } from 'fs'
import { fileURLToPath } from 'url'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = root + 'node_modules/.bin/node'
const major = Number(process.versions.node.split('.')[0])

if (!existsSync(root + 'node_modules')) refuse('The dependencies are not installed. Run "npm ci" first.')
else if (major < 24 && !existsSync(node)) refuse(`This needs Node 24 or newer; this is ${process.versions.node}.`)
else run(major < 24 ? node : process.execPath, process.argv.slice(2))

function run(program, argv) {
  const env = Object.assign({}, process.env, { PATH: `${root}node_modules/.bin:${process.env.PATH}` })
  const child = spawn(program, argv, { cwd: root, env, stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (fault) => refuse(String(fault)))
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1))
}

function refuse(sentence) {
  console.error(sentence)
  process.exitCode = 1
}
