import { describe, expect, test } from 'vitest'
import type { LoggedAttempt } from '../../deliveries/attempt.ts'
import { lanes } from '../../deliveries/delivery.ts'
import { noPhases } from '../../deliveries/sending/phases.ts'
import { asId, type EndpointId, type MessageId, type OrganizationId } from '../../lib/ids.ts'
import { instant, ms } from '../../lib/time.ts'
import { shownExcerpt, shownResponse } from './response.ts'

describe('a text of the response log', () => {
  test.each([
    ['{"a":[1.50,"ü"],"b":{}}', '{"a": [1.50, "\\u00fc"], "b": {}}'],
    ['"short"', '"short"'],
    ['grüezi: a,b', 'grüezi: a,b'],
    ['{"a": }', '{"a": }'],
    ['', ''],
  ])('that is whole is shown as Python writes JSON, or as it is: %s', (text, shown) => {
    expect(shownExcerpt({ text, bytes: 7, isWhole: true })).toBe(shown)
  })

  test('of an attempt is one like this for headers, body, answer and event', () => {
    const attempt: LoggedAttempt = {
      ...{ organizationId: asId<OrganizationId>('O1'), id: 'a1', at: instant(0), endpointId: asId<EndpointId>('e1') },
      ...{ deliveryId: 1, lane: lanes.live, isSigned: false, phases: noPhases },
      ...{ messageId: asId<MessageId>('m1'), messageAt: instant(0), eventSequence: 1, subjectId: 'I1', number: 1 },
      outcome: 'success',
      ...{ status: 200, detail: null, responseHeaders: {}, responseTruncated: false, address: null },
      ...{ durationMs: ms(12), groupedSequences: null, responseBody: Buffer.from('{"ok":true,"n":[]}') },
      message: {
        target: 'https://desk.example/',
        headersShown: '{"X":"1","Y":"2"}',
        body: { text: '{"a":1,"b":2}', bytes: 13, isWhole: true },
        requestTrigger: 'True',
      },
    }
    expect(
      shownResponse(attempt, {
        eventData: { text: '{"event":{"type":"resolve"}}', bytes: 28, isWhole: true },
        trigger: 'resolve',
      }),
    ).toMatchObject({
      url: 'https://desk.example/',
      request_trigger: 'True',
      request_headers: '{"X": "1", "Y": "2"}',
      request_data: '{"a": 1, "b": 2}',
      content: '{"ok": true, "n": []}',
      event_data: '{"event": {"type": "resolve"}}',
    })
  })

  test('that is not is told of, with its beginning', () => {
    const text = `{"title":"${'a'.repeat(65_536)}`
    expect(JSON.parse(shownExcerpt({ text, bytes: 65_548, isWhole: false }))).toEqual({
      truncated: true,
      bytes: 65_548,
      beginning: `{"title":"${'a'.repeat(4086)}`,
    })
  })

  test('is never cut within a character', () => {
    const text = '🔔'.repeat(16_385)
    const beginningOf = (shown: string) => JSON.parse(shown).beginning
    expect(beginningOf(shownExcerpt({ text, bytes: 65_540, isWhole: false }))).toBe('🔔'.repeat(2048))
    expect(beginningOf(shownExcerpt({ text: `a${text}`, bytes: 65_541, isWhole: false }))).toBe(`a${'🔔'.repeat(2047)}`)
  })
})
