import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { holdFreePort } from './free-port.ts'

const listenOn = (port: number) =>
  new Promise<string>((resolve) => {
    const server = createServer()
    server.once('error', (fault) => resolve('code' in fault ? String(fault.code) : 'an error'))
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve('listens')))
  })

test('nobody else gets a held port, and after its release it is free', async () => {
  const { port, release } = await holdFreePort('127.0.0.1')
  expect(await listenOn(port)).toBe('EADDRINUSE')
  await release()
  await release()
  expect(await listenOn(port)).toBe('listens')
})

test('who connects to a held port is turned away', async () => {
  const { port, release } = await holdFreePort('127.0.0.1')
  const socket = connect({ host: '127.0.0.1', port }).on('error', () => {})
  expect(await new Promise((resolve) => socket.once('close', () => resolve('closed')))).toBe('closed')
  await release()
})

test('an address that this machine does not have is told', async () => {
  await expect(holdFreePort('192.0.2.1')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
})
