import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Launch, launchServer, stopServer, untilReady } from '../test/processes/server-process.ts'
import { connectTo, newPlace } from './bench-server.ts'
import { below, type Row, shown } from './row.ts'

const eventCounts = [100_000, 1_000_000]
const secondsMax = 300

/** How long a backup and a restore of many events take, by the command as users run it, and whether its memory grows with them. */
export async function measureBackup(): Promise<readonly Row[]> {
  const place = await newPlace({ WATCHBELL_SECRET_KEY: '1d'.repeat(32) })
  const server = launchServer(place.launch)
  await untilReady(server)
  const file = join(place.launch.folder, 'bench.backup')
  const rows: Row[] = []
  const backups: Finished[] = []
  const restores: Finished[] = []
  for (const [index, count] of eventCounts.entries()) {
    await addEvents(place.launch, { from: eventCounts[index - 1] ?? 0, to: count })
    const backup = await runCommand('backup', file, place.launch)
    const restore = await runCommand('restore', file, { ...place.launch, name: `restored-${count}` })
    backups.push(backup)
    restores.push(restore)
    const what = `${shown(count)} events (${shown(statSync(file).size / 1e6)} MB)`
    rows.push(timeRow(`backup of ${what}`, backup), timeRow(`restore of ${what}`, restore))
  }
  await stopServer(server)
  place.remove()
  return [...rows, memoryRow('backup', backups), memoryRow('restore', restores)]
}

type Finished = { readonly seconds: number; readonly peakMb: number }

const timeRow = (what: string, { seconds }: Finished): Row => ({
  what,
  measured: `${shown(seconds)} s`,
  target: below(seconds, secondsMax, ' s'),
})

function memoryRow(command: string, runs: readonly Finished[]): Row {
  const peaks = runs.map(({ peakMb }) => peakMb)
  const growth = (peaks.at(-1) ?? 0) / (peaks[0] ?? 1)
  const measured = `${shown(growth)} times (${peaks.map(shown).join(', then ')} MB)`
  return { what: `memory of a ${command}, growth with ten times as much`, measured, target: below(growth, 1.5, ' times') }
}

/** Events as alert groups leave them, with some hundred bytes each that do not compress well. */
async function addEvents(launch: Launch, { from, to }: { from: number; to: number }): Promise<void> {
  const client = await connectTo(launch)
  await client.query(
    `insert into events (organization_id, sequence, at, id, type, actor, alert_group_id, data)
     select o.id, 1000 + n, now() - n * interval '1 second', gen_random_uuid(), 'alert_group.created',
       '{"kind": "system"}', 'I' || n / 4, json_build_object('title', 'disk full on host-' || n, 'state', 'firing',
       'labels', json_build_object('a', md5(n::text), 'b', md5(n || 'b'), 'c', md5(n || 'c'), 'd', md5(n || 'd')))
     from organizations o, generate_series($1::int, $2::int) n`,
    [from + 1, to],
  )
  await client.end()
}

const root = fileURLToPath(new URL('..', import.meta.url))

async function runCommand(
  command: 'backup' | 'restore',
  file: string,
  { folder, name, env, nodeArgs }: Launch,
): Promise<Finished> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...(nodeArgs ?? []), 'bin/watchbell.js', command, file], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', WATCHBELL_DATA_DIR: join(folder, name), ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let peakMb = 0
  while (child.exitCode === null && child.signalCode === null) {
    peakMb = Math.max(peakMb, peakMemoryOf(child.pid))
    await wait(50)
  }
  if (child.exitCode !== 0) throw new Error(`${command} ended with ${child.exitCode ?? child.signalCode}`)
  return { seconds: (performance.now() - startedAt) / 1000, peakMb }
}

/** The most that a process has held so far; 0 when it is gone. */
function peakMemoryOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
