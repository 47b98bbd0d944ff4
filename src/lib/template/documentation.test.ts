import { readFileSync } from 'node:fs'
import { expect, it, test } from 'vitest'
import { known } from '../check.ts'
import { instant } from '../time.ts'
import { jsonData, objectOf, plainData, type TemplateData } from './data.ts'
import { templateLibrary } from './library.ts'
import { readTemplate, renderTemplate, resultMax } from './template.ts'

const document = readFileSync('docs/templates.md', 'utf8')
const blocks = Array.from(document.matchAll(/^```(\w+)\n([^]*?)^```$/gm), ([, language = '', text = '']) => ({ language, text }))
const object = objectOf(known(blocks.find(({ language }) => language === 'json')?.text, 'the document begins with its data'))

function outcome(template: string, data: TemplateData): string {
  const read = readTemplate(template)
  if (!read.ok) return read.reason.text
  const now = instant(Date.parse('2026-01-01T00:00:00Z'))
  const rendered = renderTemplate(read.value, { data, now, random: () => 0, isLate: () => false, lengthMax: resultMax })
  return rendered.ok ? rendered.value : rendered.reason.text
}

const commented = /^(.*?)\s*\{# (.*) #\}$/gm
const lines = blocks
  .filter(({ language }) => language === 'jinja')
  .flatMap(({ text }) => Array.from(text.matchAll(commented), ([, template = '', said = '']) => [template, said] as const))

it.each(lines)('%s', (template, said) => {
  expect(outcome(template, plainData(object)).trim()).toBe(said.trim())
})

const pairs = blocks.flatMap(({ language, text }, index) => {
  const next = blocks[index + 1]
  return language === 'jinja' && next !== undefined && next.language !== 'jinja' && !text.includes('{# ') ? [{ text, next }] : []
})

it.each(pairs)('$text', ({ text, next }) => {
  if (next.language === 'text') expect(outcome(text, plainData(object))).toBe(next.text.trimEnd())
  else expect(JSON.parse(outcome(text, jsonData(object)))).toEqual(JSON.parse(next.text))
})

test('there are enough examples to be worth it, and every filter and test is named', () => {
  expect(lines.length).toBeGreaterThan(60)
  expect(pairs.length).toBe(3)
  const names = [...templateLibrary.filters.keys(), ...templateLibrary.tests.keys()].filter((name) => /^\w+$/.test(name))
  const synonyms = ['d', 'count', 'equalto', 'lessthan', 'greaterthan']
  expect(names.filter((name) => !synonyms.includes(name) && !new RegExp(`\\b${name}\\b`).test(document))).toEqual([])
})
