import { expect, test } from 'vitest'
import { asId } from '../lib/ids.ts'
import { instant } from '../lib/time.ts'
import { parseSubject, type Subject } from './subject.ts'

const subject: Subject = {
  id: asId('IABCDEFGHIJKL'),
  integrationId: asId('CABCDEFGHIJKL'),
  title: 'Disk full',
  message: '',
  link: 'https://watch.example.com/alert-groups/IABCDEFGHIJKL',
  sourceLink: null,
  source: 'Prod Alertmanager',
  urgency: 'high',
  startedAt: instant(1_704_448_800_000),
}

test('a subject comes back from its row as it went in', () => {
  expect(parseSubject(JSON.parse(JSON.stringify(subject)))).toEqual(subject)
  expect(parseSubject({ ...subject, sourceLink: 'https://prometheus.example.com' }).sourceLink).toBe(
    'https://prometheus.example.com',
  )
})

test.each([
  ['no object', 'text'],
  ['an unknown urgency', { ...subject, urgency: 'huge' }],
  ['a title that is no text', { ...subject, title: 7 }],
  ['no start', { ...subject, startedAt: undefined }],
])('%s is a defect', (_what, value) => {
  expect(() => parseSubject(value)).toThrow('broken belief')
})
