import { expect, test } from 'vitest'
import { togetherOrAlone } from './together.ts'

function acts(failing: (parts: readonly number[]) => Error | null) {
  const done: (readonly number[])[] = []
  const putOff: number[] = []
  return {
    ...{ done, putOffParts: putOff },
    act: async (parts: readonly number[]) => {
      const fault = failing(parts)
      if (fault !== null) throw fault
      done.push(parts)
    },
    putOff: async (part: number) => void putOff.push(part),
  }
}

test('parts are done together where that works, and none where there are none', async () => {
  const given = acts(() => null)
  await togetherOrAlone([1, 2, 3], given)
  await togetherOrAlone([], given)
  expect(given.done).toEqual([[1, 2, 3]])
})

test('a broken part is put off, and the others are done alone', async () => {
  const given = acts((parts) => (parts.includes(2) ? new Error('broken') : null))
  await togetherOrAlone([1, 2, 3], given)
  expect(given.done).toEqual([[1], [3]])
  expect(given.putOffParts).toEqual([2])
})

test.each(['ECONNRESET', '53100'])('no part is put off because the database is gone or full (%s)', async (code) => {
  const given = acts(() => Object.assign(new Error('gone'), { code }))
  await expect(togetherOrAlone([1, 2, 3], given)).rejects.toThrow('gone')
  expect(given.putOffParts).toEqual([])
})
