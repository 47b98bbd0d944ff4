import { expect, test } from 'vitest'
import { newQueues } from './queues.ts'

/** Work that ends when it is told to. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let begun = false
  return { work: () => ((begun = true), promise), end: resolve, fail: reject, hasBegun: () => begun }
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

test('work of one owner is done one piece after the other, and that of another owner beside it', async () => {
  const queues = newQueues(2)
  const [first, second, other] = [held(), held(), held()]
  const answers = [queues.take('a', first.work), queues.take('a', second.work), queues.take('b', other.work)]
  await settle()
  expect([first, second, other].map(({ hasBegun }) => hasBegun())).toEqual([true, false, true])
  first.end('first')
  await settle()
  expect(second.hasBegun()).toBe(true)
  second.end('second')
  other.end('other')
  expect(await Promise.all(answers)).toEqual(['first', 'second', 'other'])
})

test('what would wait behind too much is refused, until there is room again', async () => {
  const queues = newQueues(2)
  const [first, second, third] = [held(), held(), held()]
  const begun = [queues.take('a', first.work), queues.take('a', second.work)]
  await expect(queues.take('a', third.work)).rejects.toMatchObject({ refusal: { kind: 'too-many', retryAfterSeconds: 1 } })
  first.end('first')
  await begun[0]
  const room = queues.take('a', third.work)
  second.end('second')
  third.end('third')
  expect(await room).toBe('third')
})

test('work that fails holds up no other', async () => {
  const queues = newQueues(2)
  const [first, second] = [held(), held()]
  const [failing, next] = [queues.take('a', first.work), queues.take('a', second.work)]
  first.fail(new Error('broken'))
  second.end('second')
  await expect(failing).rejects.toThrow('broken')
  expect(await next).toBe('second')
})
