import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Case } from './conformance/case.ts'
import { egressCases } from './conformance/egress-vectors.ts'
import { scheduleTable } from './conformance/schedule-table.ts'
import { scheduleCases } from './conformance/schedule-vectors.ts'
import { templateCases } from './conformance/template-vectors.ts'

type Kind = { readonly files: readonly string[]; readonly casesOf: (file: unknown, text: string) => readonly Case[] }

const kinds: Readonly<Record<string, Kind>> = {
  schedule: { files: ['test/vectors/schedule-dst.json', 'test/vectors/oncall-shifts.json'], casesOf: scheduleCases },
  egress: { files: ['test/vectors/ssrf.json'], casesOf: egressCases },
  template: { files: ['test/vectors/templates.json'], casesOf: templateCases },
}

/**
 * Puts files of vectors to this program: `npm run conformance -- schedule FILE...`. Without a file, those of the repository. Prints a row
 * for each case, with what is otherwise below it, and ends with 1 when a promise is not kept or a file cannot be read. With `--table` it
 * counts the cases about schedules by what they are about, as docs/schedules.md shows it.
 */
function main(argv: readonly string[]): void {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: { table: { type: 'boolean' } } })
  const [kindName = '', ...files] = positionals
  const kind = kinds[kindName]
  if (kind === undefined) throw new Error(`conformance -- KIND [FILE...], where KIND is ${Object.keys(kinds).join(' or ')}`)
  const cases = (files.length === 0 ? kind.files : files).flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    return kind.casesOf(JSON.parse(text), text)
  })
  const faults = cases.map(faultsOf)
  if (values.table === true) return console.log(scheduleTable(cases, (one) => faults[cases.indexOf(one)]?.length === 0))
  for (const [index, { id, description }] of cases.entries()) {
    const lines = faults[index] ?? []
    console.log([`${lines.length === 0 ? 'pass' : 'FAIL'}  ${id.padEnd(14)}${description}`, ...lines].join('\n        '))
  }
  const failed = faults.filter((lines) => lines.length > 0).length
  console.log(`${cases.length - failed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && cases.length > 0 ? 0 : 1
}

/** A case that cannot even be put to the program is not passed over. */
function faultsOf({ run }: Case): readonly string[] {
  try {
    return run()
  } catch (error) {
    return [String(error)]
  }
}

try {
  main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
