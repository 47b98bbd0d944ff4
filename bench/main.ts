import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measureAccepting } from './accept.ts'
import { measureBackup } from './backup.ts'
import { measureDrain } from './drain.ts'
import { measureFilters } from './filters.ts'
import { measureIdle } from './footprint.ts'
import { measureHandOvers } from './hand-overs.ts'
import { measureHanging } from './hanging.ts'
import { measureLatency } from './latency.ts'
import { measureLists } from './lists.ts'
import { measureManyWebhooks } from './many-webhooks.ts'
import { measureOnCall } from './on-call.ts'
import { play } from './roles.ts'
import { type Row, table } from './row.ts'
import { measureSchedule } from './schedule.ts'
import { measureStart } from './start.ts'
import { measureTemplate } from './template.ts'
import { measureWaiting } from './waiting.ts'

const parts: Readonly<Record<string, (share: number) => Promise<readonly Row[]>>> = {
  start: measureStart,
  idle: measureIdle,
  accept: measureAccepting,
  latency: measureLatency,
  lists: measureLists,
  backup: measureBackup,
  schedule: measureSchedule,
  template: measureTemplate,
  filters: measureFilters,
  'on-call': measureOnCall,
  'hand-overs': measureHandOvers,
  drain: measureDrain,
  hanging: measureHanging,
  waiting: measureWaiting,
  'many-webhooks': measureManyWebhooks,
}

/**
 * Measures a real server beside its targets and prints a table: all parts, or those that are named (`--part accept`). With `--share 0.1`
 * those that can are a tenth as long. It is no test: what else runs on the machine changes the figures, so nothing fails by them.
 */
async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { part: { ...text, multiple: true }, share: text, role: text, order: text } })
  if (values.role !== undefined) return play(values.role, values.order ?? '')
  const share = Number(values.share ?? 1)
  if (!(share > 0 && share <= 1)) throw new Error('--share is a number above 0 and up to 1')
  const busyBefore = loadavg()[0]?.toFixed(1)
  const rows: Row[] = []
  for (const name of values.part ?? Object.keys(parts)) {
    const measure = parts[name]
    if (measure === undefined) throw new Error(`there is no part "${name}"; there are ${Object.keys(parts).join(', ')}`)
    console.log(`measuring: ${name}`)
    rows.push(...(await measure(share)))
  }
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, load before the run ${busyBefore}`
  console.log(`\n${machine}\n\n${table(rows)}`)
  process.exit()
}

await main()
