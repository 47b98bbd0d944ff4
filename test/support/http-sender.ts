import { onTestFinished } from 'vitest'
import { parseEgressAllow } from '../../src/deliveries/egress/allow.ts'
import { egressPolicy } from '../../src/deliveries/egress/egress.ts'
import { createHttpSend, type HttpSend, type HttpSendOptions } from '../../src/deliveries/sending/send.ts'
import { ms } from '../../src/lib/time.ts'

export type SenderOptions = Partial<HttpSendOptions> & { readonly allow?: string }

/** A sender that reaches what is allowed (the setting `WATCHBELL_EGRESS_ALLOW`), every name being this machine; it closes with the test. */
export function httpSender({ allow = '127.0.0.0/8', ...options }: SenderOptions = {}): HttpSend {
  const allowed = parseEgressAllow(allow)
  if (!allowed.ok) throw new Error(allowed.reason)
  const send = createHttpSend({
    policy: egressPolicy(allowed.value, 'https://watchbell.example'),
    version: '1.2.3',
    monotonic: () => ms(performance.now()),
    resolve: () => Promise.resolve(['127.0.0.1']),
    ...options,
  })
  onTestFinished(() => send.close())
  return send
}
