#!/usr/bin/env node
// Plain JavaScript that even Node 12 can read: an old Node must get as far as saying what is wrong.
import { spawn } from 'child_process'
import { existsSync } from 'fs'
import { fileURLToPath } from 'url'

const wantedMajor = 24
const ownNode = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
const sources = new URL('../src/main.ts', import.meta.url)
const built = new URL('../dist/main.js', import.meta.url)
// A checkout runs its sources, even where `npm pack` has left a build behind. The package has the build only.
const isCheckout = existsSync(sources)

followNpx()
if (Number(process.versions.node.split('.')[0]) >= wantedMajor) run()
else if (existsSync(ownNode) && !process.env.WATCHBELL_RELAUNCHED) relaunch()
else {
  refuse(
    `Watchbell needs Node ${wantedMajor} or newer; this is ${process.versions.node}. ` +
      (isCheckout
        ? 'Start it with "npm start" after "npm ci": that brings its own Node.'
        : 'Install Node 24 (https://nodejs.org) and start Watchbell again.'),
  )
}

function run() {
  followLauncher()
  // Names are looked up on these threads; with the usual four, a few dead name servers would hold up every webhook.
  if (!process.env.UV_THREADPOOL_SIZE) process.env.UV_THREADPOOL_SIZE = '32'
  try {
    import.meta.resolve('fastify')
  } catch (fault) {
    if (fault.code !== 'ERR_MODULE_NOT_FOUND') throw fault
    const remedy = isCheckout ? 'Run "npm ci" in its directory first.' : 'Install Watchbell with "npm install".'
    refuse(`Watchbell's dependencies are not installed. ${remedy}`)
    return
  }
  // So that a stack names the lines of the sources.
  if (!isCheckout) process.setSourceMapsEnabled(true)
  import((isCheckout ? sources : built).href).then((module) => module.main(process.argv.slice(2))).catch(fail)
}

/** Runs the same command on the Node that was installed with the dependencies. */
function relaunch() {
  const argv = [fileURLToPath(import.meta.url)].concat(process.argv.slice(2))
  const env = Object.assign({}, process.env, { WATCHBELL_RELAUNCHED: '1' })
  const child = spawn(ownNode, argv, { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal))
  child.on('error', fail)
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/**
 * `npx` hands a signal to the shell that it starts us by, and that one ends and leaves us behind: whoever stops `npx` means us. Only
 * there, since a server whose shell ends may be meant to go on.
 */
function followNpx() {
  if (process.env.npm_lifecycle_event !== 'npx') return
  const parent = process.ppid
  const look = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(look)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  look.unref()
}

/**
 * A launcher that was killed outright takes the server with it: a crash is safe, and a server
 * that lives on unseen would keep the data directory locked against the next start.
 */
function followLauncher() {
  if (!process.env.WATCHBELL_RELAUNCHED || !process.channel) return
  delete process.env.WATCHBELL_RELAUNCHED
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel.unref()
}

function refuse(sentence) {
  console.error(sentence)
  process.exitCode = 1
}

function fail(fault) {
  console.error(fault)
  process.exitCode = 1
}
