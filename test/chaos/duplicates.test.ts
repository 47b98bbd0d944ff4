import { expect, it } from 'vitest'
import type { LoggedTry, NodeBlow } from './cluster.ts'
import { duplicatesOf, type Witnesses } from './duplicates.ts'
import type { Heard } from './hearing.ts'

const at = 1_000_000
const heardAt = (ms: number): Heard => ({ at: at + ms, hook: 1, id: 'm1', title: 'disk full', isAccepted: true })
const tryOf = (node: string, ms: number, of: Partial<LoggedTry> = {}): LoggedTry => ({
  node,
  at: at + ms,
  messageId: 'm1',
  attemptId: `${node} ${ms}`,
  number: 1,
  status: 200,
  ...of,
})
const killed = (node: string, ms: number): NodeBlow => ({ node, kind: 'killed', from: at + ms, until: at + ms })
const frozen = (node: string, from: number, until: number): NodeBlow => ({
  node,
  kind: 'frozen',
  from: at + from,
  until: at + until,
})

const row = (id: string, outcome: string) => ({ id, messageId: 'm1', outcome })

it.each<[string, Witnesses, readonly (string | null)[]]>([
  [
    'nothing, where each was accepted once',
    { heard: [heardAt(0)], tries: [tryOf('one', 1)], rows: [row('one 1', 'success')], blows: [] },
    [],
  ],
  [
    'the kill before it was written',
    {
      heard: [heardAt(0), heardAt(15_000)],
      tries: [tryOf('one', 1), tryOf('two', 15_001)],
      rows: [row('two 15001', 'success')],
      blows: [killed('one', 20)],
    },
    ['attempt 1 of node one, answered and not written: it was killed in between'],
  ],
  [
    'the kill before it was even logged',
    {
      heard: [heardAt(0), heardAt(15_000)],
      tries: [tryOf('two', 15_001)],
      rows: [row('two 15001', 'success')],
      blows: [killed('one', -10)],
    },
    ['attempt 1 of node one, answered and not even logged: it was killed with the request under way'],
  ],
  [
    'the freeze past a lease',
    {
      heard: [heardAt(0), heardAt(12_000)],
      tries: [tryOf('one', 14_000), tryOf('two', 12_001)],
      rows: [row('two 12001', 'success'), row('one 14000', 'superseded')],
      blows: [frozen('one', -10, 13_990)],
    },
    ['attempt 1 of node one, superseded: node one was frozen with it under way or unwritten'],
  ],
  [
    'the freeze before it was written',
    {
      heard: [heardAt(0), heardAt(12_000)],
      tries: [tryOf('one', 1), tryOf('two', 12_001)],
      rows: [row('one 1', 'success'), row('two 12001', 'superseded')],
      blows: [frozen('one', 2, 11_900)],
    },
    ['attempt 1 of node two, superseded: node one was frozen with it under way or unwritten'],
  ],
  [
    'the freeze before it was written, where the other one was first',
    {
      heard: [heardAt(0), heardAt(12_000)],
      tries: [tryOf('one', 1), tryOf('two', 12_001)],
      rows: [row('one 1', 'superseded'), row('two 12001', 'success')],
      blows: [frozen('one', 2, 13_900)],
    },
    ['attempt 1 of node one, superseded: node one was frozen with it under way or unwritten'],
  ],
  [
    'nothing, where a node was killed long after',
    {
      heard: [heardAt(0), heardAt(15_000)],
      tries: [tryOf('one', 1), tryOf('two', 15_001)],
      rows: [row('two 15001', 'success')],
      blows: [killed('one', 9_000)],
    },
    [null],
  ],
  [
    'nothing, where no node was struck',
    {
      heard: [heardAt(0), heardAt(500)],
      tries: [tryOf('one', 1), tryOf('two', 501)],
      rows: [row('two 501', 'success'), row('one 1', 'superseded')],
      blows: [],
    },
    [null],
  ],
])('what came twice is explained by %s', (_name, witnesses, causes) => {
  expect(duplicatesOf(witnesses).map(({ cause }) => cause)).toEqual(causes)
})
