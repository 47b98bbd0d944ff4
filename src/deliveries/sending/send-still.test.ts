import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { httpSender } from '../../../test/support/http-sender.ts'
import { ms } from '../../lib/time.ts'

/** In a thread of its own, so that it goes on while this one stands still. It tells of its port, and of each request. */
const receiver = `
  const { parentPort } = require('node:worker_threads')
  const server = require('node:http').createServer((request, response) => {
    parentPort.postMessage('asked')
    if (request.url === '/well') setTimeout(() => response.end('done'), 50)
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

async function afterStandingStill(path: string) {
  const worker = new Worker(receiver, { eval: true })
  onTestFinished(async () => void (await worker.terminate()))
  const [port] = (await once(worker, 'message')) as [number]
  const asked = once(worker, 'message')
  const url = `http://127.0.0.1:${port}${path}`
  const outcome = httpSender().http({ method: 'GET', url, headers: {}, body: null, deadlineMs: ms(1500) })
  await asked
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000)
  return outcome
}

test('an answer that came in time is read, although this process stood still until its time was over', async () => {
  expect(await afterStandingStill('/well')).toMatchObject({ kind: 'answered', status: 200 })
})

test('a receiver that hangs is given up after the process stood still, too', async () => {
  expect(await afterStandingStill('/hangs')).toMatchObject({ kind: 'no-answer', fault: 'timeout' })
})
