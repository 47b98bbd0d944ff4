import { describe, expect, test } from 'vitest'
import { pagertree, withBraces } from './pagertree.ts'
import { pagertreeAddress } from './pagertree-address.ts'

const read = (body: unknown, text = JSON.stringify(body)) => {
  const signal = pagertree({ json: JSON.parse(text), text })
  if (!signal.ok) throw new Error(signal.reason)
  return signal.value
}

const refused = (body: unknown) => {
  const signal = pagertree({ json: body, text: JSON.stringify(body) })
  return signal.ok ? null : signal.reason
}

const create = { event_type: 'create', Id: 'a1', Title: 'Disk full', Description: 'Only 2 % left.' }

describe('a create', () => {
  test('opens a group that says its title and description', () => {
    expect(read(create)).toMatchObject({
      action: 'open',
      groupingKey: 'a1',
      opening: { title: 'Disk full', message: 'Only 2 % left.', urgency: null, sourceLink: null },
    })
  })

  test('has the texts of its meta as labels', () => {
    const Meta = { pod: 'db-1', incident: true, nested: {} }
    expect(read({ ...create, Meta }).opening?.labels).toEqual({ pod: 'db-1', incident: 'true' })
    expect(read({ ...create, Meta: 'x' }).opening?.labels).toEqual({})
  })

  test('needs no description and no id', () => {
    expect(read({ event_type: 'create', title: 'x' })).toMatchObject({ groupingKey: null, opening: { title: 'x', message: '' } })
  })

  test('without a title is refused', () => {
    for (const Title of [undefined, null, '', ' \n ', [], ['x'], {}])
      expect(refused({ event_type: 'create', Id: '1', Title })).toBe("title can't be blank")
  })

  test.each([
    ['critical', 'critical'],
    ['HIGH', 'high'],
    ['High!', 'high'],
    ['  medium ', 'medium'],
    ['rather low', 'low'],
    ['urgent', null],
    [null, null],
    [3, null],
    [['high'], null],
  ])('of the urgency %j is %j', (Urgency, urgency) => {
    expect(read({ ...create, Urgency }).opening?.urgency).toBe(urgency)
  })

  test('keeps tags, meta and everything else in its payload, as sent', () => {
    const text = '{"event_type":"create","Id":1.50,"Title":"x","Tags":["a","a"],"Meta":{"B":1}}'
    expect(read(null, text).payload.json.toString()).toBe(text)
  })
})

describe('keys and values', () => {
  test('come in any case, around blanks', () => {
    for (const event_type of ['create', 'CREATE', ' Create\n'])
      expect(read({ EVENT_TYPE: event_type, iD: 'a1', tItLe: 'x' })).toMatchObject({ action: 'open', groupingKey: 'a1' })
  })

  test('in two spellings count once: the later, unless it is null', () => {
    expect(read({ ...create, id: 'b2' }).groupingKey).toBe('b2')
    expect(read({ id: 'b2', ...create }).groupingKey).toBe('a1')
    expect(read({ ...create, id: null }).groupingKey).toBe('a1')
  })

  test('make no case of names below the top', () => {
    expect(read({ ...create, Id: undefined, meta: { id: 'inner', event_type: 'resolve' } })).toMatchObject({
      action: 'open',
      groupingKey: null,
    })
  })

  test.each([
    ['1', '1'],
    ['"1"', '1'],
    ['0', '0'],
    ['true', 'true'],
    ['12345678901234567890', '12345678901234567890'],
    ['12345678901234567891', '12345678901234567891'],
    ['1.10', '1.10'],
    ['""', null],
    ['null', null],
    ['{}', null],
    ['[1]', null],
  ])('an id of %s is %j', (written, key) => {
    expect(read(null, `{"event_type":"create","Title":"x","meta":{"id":7.5},"ID":${written}}`).groupingKey).toBe(key)
  })
})

describe('an acknowledge or resolve', () => {
  test.each(['acknowledge', 'resolve'] as const)('by id acts and opens nothing: %s', (event_type) => {
    expect(read({ event_type, id: 1, title: null })).toMatchObject({ action: event_type, groupingKey: '1', opening: null })
  })

  test('without an id is ignored, and says why', () => {
    expect(read({ event_type: 'resolve', Title: 'x' })).toMatchObject({
      action: 'ignore',
      reason: 'There is no alert group to resolve: the id is missing',
    })
  })
})

describe('what is no event of theirs', () => {
  test.each([
    [{ event_type: 'trigger', Id: 7, Title: 'x' }, 'The event_type "trigger" is none of create, acknowledge and resolve'],
    [{ event_type: '"x"', Id: 7 }, 'The event_type "\\"x\\"" is none of create, acknowledge and resolve'],
    [{ title: 'x', Id: 7 }, 'The event_type is missing: it must be create, acknowledge or resolve'],
    [{ event_type: ['create'], Id: 7 }, 'The event_type is missing: it must be create, acknowledge or resolve'],
  ])('%j is ignored with a reason, and keeps its id', (body, reason) => {
    expect(read(body)).toMatchObject({ action: 'ignore', opening: null, reason, groupingKey: '7' })
  })

  test('a body that is no object is refused', () => {
    for (const body of [[], [create], 'create', 7, true, null]) expect(refused(body)).toBe('the body is not a JSON object')
  })
})

test('the example of their guide is read as it is printed, without braces', () => {
  const printed = '\n\t"event_type": "create",\n\t"Id": "example-id-123",\n\t"Title": "Example Incident Title"\n'
  const text = withBraces(Buffer.from(printed)).toString()
  expect(read(null, text)).toMatchObject({ action: 'open', groupingKey: 'example-id-123' })
  for (const other of ['{"event_type":"create"}', '"event_type"', 'event_type=create', ''])
    expect(withBraces(Buffer.from(other)).toString()).toBe(other)
})

describe('an address', () => {
  const uuid = 'B965AEE0-38b7-41e7-b537-ff479bbed3d0'
  const token = 'b965aee038b741e7b537ff479bbed3d0'.repeat(2)

  test('names its token in three forms, in letters of any case', () => {
    expect(pagertreeAddress({ first: '15', second: uuid, third: uuid })).toEqual({ token, organizationId: null })
    expect(pagertreeAddress({ first: `int_${token.toUpperCase()}` })).toEqual({ token, organizationId: null })
    expect(pagertreeAddress({ first: 'OABC', second: token })).toEqual({ token, organizationId: 'OABC' })
  })

  test('of another tool is none', () => {
    expect(pagertreeAddress({ first: 'abcde', second: 'generic', third: token })).toBeNull()
    expect(pagertreeAddress({ first: token })).toBeNull()
  })
})
