import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adminToken, clientOf } from '../processes/client.ts'
import { freePort, launchServer, type ServerProcess, stopServer, untilReady } from '../processes/server-process.ts'

const script = fileURLToPath(new URL('terraform_client.py', import.meta.url))
const hasPython = spawnSync('python3', ['--version']).status === 0

describe.skipIf(!hasPython)('a client that was written from the contract alone (needs python3)', () => {
  let folder: string
  let server: ServerProcess

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchbell-terraform-'))
    chmodSync(folder, 0o755)
    server = launchServer({ folder, name: 'data', port: await freePort(), env: { WATCHBELL_BOOTSTRAP_TOKEN: adminToken } })
    await untilReady(server)
    const client = clientOf(server.url)
    await client.call('POST', 'users/', { username: 'grace', email: 'grace@people.example', role: 'editor' })
    await client.call('POST', 'teams/', { name: 'Engine room' })
    // More than a page of what the client looks for by name.
    for (let number = 0; number < 60; number += 1) await client.call('POST', 'escalation_chains/', { name: `other ${number}` })
  })
  afterAll(async () => {
    await stopServer(server)
    rmSync(folder, { recursive: true, force: true })
  })

  it('manages every resource twice without drift', async () => {
    const run = promisify(execFile)('python3', [script, server.url, adminToken, 'grace', 'Engine room'])
    expect(await run).toMatchObject({ stdout: 'no drift\n', stderr: '' })
  })
})
