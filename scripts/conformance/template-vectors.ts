import { itemNamed } from '../../src/lib/jinja/dict.ts'
import { readJson } from '../../src/lib/jinja/json-reader.ts'
import { type Dict, isDict, isList, textOf } from '../../src/lib/jinja/value.ts'
import type { Result } from '../../src/lib/result.ts'
import { jsonData, plainData } from '../../src/lib/template/data.ts'
import { readTemplate, renderTemplate, resultMax, type TemplateFailure } from '../../src/lib/template/template.ts'
import { instant } from '../../src/lib/time.ts'
import type { Case } from './case.ts'

/**
 * The cases of a file like `test/vectors/templates.json`: a JSON list of `{template, context, expected}` or `{template, context, error}`,
 * where `isEscaped` says that the template writes JSON. The text is read anew, since to Python 1.0 is not 1.
 */
export function templateCases(_file: unknown, text: string): readonly Case[] {
  const list = readJson(text)?.value ?? null
  if (!isList(list)) throw new Error(noVectors)
  return list.items.map((vector, index) => {
    const template = isDict(vector) ? textOf(itemNamed(vector, 'template') ?? null) : null
    if (!isDict(vector) || template === null) throw new Error(noVectors)
    if (!['expected', 'error'].some((name) => itemNamed(vector, name) !== undefined)) throw new Error(noVectors)
    const about = textOf(itemNamed(vector, 'about') ?? null)
    return {
      id: `T-${index + 1}`,
      description: about ?? JSON.stringify(template.slice(0, 80)),
      tags: [about?.split(':')[0] ?? 'template'],
      run: () => differencesOf(template, vector),
    }
  })
}

const noVectors = 'the file is no list of vectors with template, and expected or error'

function differencesOf(template: string, vector: Dict): readonly string[] {
  const rendered = render(template, vector)
  const found = rendered.ok ? `found text:     ${JSON.stringify(rendered.value)}` : `found error:    ${rendered.reason.text}`
  const error = itemNamed(vector, 'error')
  if (error !== undefined) {
    const shown = textOf(error)
    if (!rendered.ok && (shown === null || isSameFailure(rendered.reason.text, shown))) return []
    return [`expected error: ${shown ?? 'any'}`, found]
  }
  const expected = textOf(itemNamed(vector, 'expected') ?? null)
  return rendered.ok && rendered.value === expected ? [] : [`expected text:  ${JSON.stringify(expected)}`, found]
}

function render(template: string, vector: Dict): Result<string, TemplateFailure> {
  const read = readTemplate(template)
  if (!read.ok) return read
  const context = itemNamed(vector, 'context')
  const object: Dict = context !== undefined && isDict(context) ? context : { kind: 'dict', entries: new Map() }
  const data = itemNamed(vector, 'isEscaped') === true ? jsonData(object) : plainData(object)
  const world = { now: instant(Date.now()), random: () => Math.random(), isLate: () => false }
  return renderTemplate(read.value, { data, ...world, lengthMax: resultMax })
}

/** A file may have the words of the contract, those of Jinja2 alone, or the name of Python's exception before them or alone. */
function isSameFailure(text: string, error: string): boolean {
  if (text === error || /^\w+(?:Error|Exception)$/.test(error)) return true
  return text.replace(/^Template (?:Error|Warning): /, '') === error.replace(/^[\w.]+(?:Error|Exception): /, '')
}
