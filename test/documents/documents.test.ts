import { describe, expect, it } from 'vitest'
import { likeness } from './likeness.ts'
import { examplesOf } from './markdown.ts'
import { commandsOf } from './shell.ts'

describe('an answer is like the one that a document shows', () => {
  const chain = 'FV18VJISS3IBP'
  const own = 'FAAAAAAAAAAAA'
  const shown = { id: chain, steps: [{ type: 'wait' }, { by: chain }] }

  it('when it has all that is shown, with ids of its own, and more', () => {
    const answer = { id: own, more: 1, steps: [{ type: 'wait' }, { type: 'page' }, { by: own }] }
    expect(likeness(shown, answer, new Map())).toEqual(new Map([[chain, own]]))
  })

  it.each([
    ['something is missing', { id: own }],
    ['a value is another', { id: own, steps: [{ type: 'page' }, { by: own }] }],
    ['the order is another', { id: own, steps: [{ by: own }, { type: 'wait' }] }],
    ['an id has no form of an id', { id: 'nothing', steps: [{ type: 'wait' }, { by: 'nothing' }] }],
    ['one thing has two ids', { id: own, steps: [{ type: 'wait' }, { by: 'FBBBBBBBBBBBB' }] }],
    ['it is a fault', { detail: 'Not found.' }],
  ])('but not when %s', (_, answer) => {
    expect(likeness(shown, answer, new Map())).toBeNull()
  })
})

it('a script is read as a shell reads it', () => {
  const script = ['curl -s "$PLACE/a b" \\', `  -d '{"id": "'$ID'"}' # a comment`, 'ID=two', 'curl ${ID}', ''].join('\n')
  const variables = new Map(Object.entries({ PLACE: 'http://x', ID: 'one' }))
  expect([...commandsOf(script, variables)]).toEqual([
    ['curl', '-s', 'http://x/a b', '-d', '{"id": "one"}'],
    ['curl', 'two'],
  ])
})

it('only blocks with curl or assignments are examples, and only the block right below is the answer', () => {
  const markdown = [
    '```sh',
    'npm test',
    '```',
    '```sh',
    'curl x',
    '```',
    '',
    '```json',
    '{}',
    '```',
    '```sh',
    'A=1',
    '```',
    'words',
    '',
    '```json',
    '{}',
    '```',
  ]
  expect(examplesOf(markdown.join('\n'))).toEqual([
    { line: 4, script: 'curl x\n', answer: { language: 'json', text: '{}\n' } },
    { line: 11, script: 'A=1\n', answer: null },
  ])
})
