import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { type Address, inDatabase, run } from './address.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly testDatabase: { readonly address: Address; readonly template: string }
  }
}

/**
 * A migrated database of its own, one per test file: `const address = await freshDatabase()` in `beforeAll`. It takes some 30 ms
 * and is not dropped: the server does not outlive the run.
 */
export async function freshDatabase(): Promise<Address> {
  const { address, template } = inject('testDatabase')
  const name = `${template}_${randomUUID().replaceAll('-', '')}`
  await run(address, `create database ${name} template ${template} strategy file_copy`)
  return inDatabase(address, name)
}

/** A database with nothing in it. */
export async function emptyDatabase(): Promise<Address> {
  const { address } = inject('testDatabase')
  const name = `empty_${randomUUID().replaceAll('-', '')}`
  await run(address, `create database ${name} template template0`)
  return inDatabase(address, name)
}
