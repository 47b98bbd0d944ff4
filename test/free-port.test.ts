import { afterEach, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { serve, type Server } from '../src/serve.ts'
import { urlOf } from './support/address.ts'
import { freshDatabase } from './support/database.ts'
import { silentLog } from './support/log.ts'

let server: Server | null = null
afterEach(async () => {
  await server?.stop()
  server = null
})

async function settings(more: Readonly<Record<string, string>>) {
  return readConfig({
    WATCHBELL_PORT: '0',
    WATCHBELL_DATABASE_URL: urlOf(await freshDatabase()),
    WATCHBELL_SECRET_KEY: '2b'.repeat(32),
    ...more,
  })
}

test('links lead to the port that the system chose', async () => {
  server = await serve(await settings({}), silentLog)
  expect(server.address).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/)
  expect(server.setupLink).toMatch(new RegExp(`^${server.address}/setup/.`))
  expect((await fetch(server.setupLink ?? '')).status).toBe(200)
})

test('a public URL that is set stays', async () => {
  server = await serve(await settings({ WATCHBELL_BASE_URL: 'https://bell.example' }), silentLog)
  expect(server.setupLink).toMatch(/^https:\/\/bell\.example\/setup\/./)
})

test('an address that this machine does not have stops the start with one line', async () => {
  await expect(serve(await settings({ WATCHBELL_HOST: '192.0.2.1' }), silentLog)).rejects.toThrow(
    'Cannot listen on 192.0.2.1:0: this machine does not have that address.',
  )
})
