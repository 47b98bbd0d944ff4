import { describe, expect, test } from 'vitest'
import { httpsReceiver, rawReceiver } from '../../../test/fixtures/receiver.ts'
import { httpSender, type SenderOptions } from '../../../test/support/http-sender.ts'
import { ms } from '../../lib/time.ts'

const asked = async (
  url: string,
  { resolve, deadlineMs = 5000 }: Pick<SenderOptions, 'resolve'> & { deadlineMs?: number } = {},
) => {
  const send = httpSender(resolve === undefined ? {} : { resolve })
  return send.http({ method: 'POST', url, headers: {}, body: null, deadlineMs: ms(deadlineMs) })
}

/** A port at which nobody listens any more. */
async function goneReceiver(): Promise<number> {
  const receiver = await rawReceiver(() => {})
  receiver.stopListening()
  return receiver.port
}

describe('the address of an exchange without an answer', () => {
  test('is the one that refused the connection, the last of several', async () => {
    const port = await goneReceiver()
    expect(await asked(`http://127.0.0.1:${port}/`)).toMatchObject({ fault: 'connect', address: '127.0.0.1' })
    const resolve = () => Promise.resolve(['127.0.0.1', '127.0.0.2'])
    expect(await asked(`https://receiver.example:${port}/`, { resolve })).toMatchObject({
      fault: 'connect',
      address: '127.0.0.2',
    })
  })

  test('is the one whose certificate is wrong', async () => {
    const { port } = await httpsReceiver((_request, response) => response.end())
    expect(await asked(`https://127.0.0.1:${port}/`)).toMatchObject({ fault: 'tls', address: '127.0.0.1' })
  })

  test('is the one that stays silent', async () => {
    const { port } = await rawReceiver(() => {})
    expect(await asked(`http://127.0.0.1:${port}/`, { deadlineMs: 200 })).toMatchObject({
      fault: 'timeout',
      address: '127.0.0.1',
    })
  })

  test('is not there where a name leads nowhere', async () => {
    const resolve = () => Promise.resolve([])
    expect(await asked('https://receiver.example/', { resolve })).toMatchObject({ fault: 'dns', address: null })
  })
})
