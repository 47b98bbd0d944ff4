import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { latestMigration } from '../src/db/migrate.ts'
import { tzdataVersion } from '../src/lib/zone-data.ts'
import { programVersion } from '../src/lib/node/version.ts'
import { root } from './tool.ts'
import { ended, type Place, readyWithin, serverSettings, startNpm, stopsByInterrupt, tryOut } from './trial.ts'

const version = programVersion()
const packedMaxBytes = 2_000_000
const token = '7c'.repeat(32)

/**
 * Packs this checkout and uses the package as others do, with the npm that runs this script and without install scripts: installed into
 * an empty folder it says its version, starts, takes an alert, says that it is well, and stops.
 */
async function main(): Promise<void> {
  await tryOut({
    'npm pack gives a small package': async ({ folder }) => {
      const { code } = await npm({ argv: ['pack', '--loglevel=warn', '--pack-destination', folder], cwd: root })
      const file = join(folder, `watchbell-${version}.tgz`)
      if (code !== 0 || !existsSync(file)) return `npm pack ended with ${code}`
      const { size } = statSync(file)
      console.log(`the package has ${Math.round(size / 1000)} kB`)
      return size <= packedMaxBytes ? null : `that is more than ${packedMaxBytes / 1000} kB`
    },
    'it installs without install scripts, and brings neither tests nor a Node of its own': async (place) => {
      mkdirSync(installation(place))
      writeFileSync(join(installation(place), 'package.json'), '{"private":true}\n')
      const { code } = await watchbellFolder(place, [
        'install',
        '--ignore-scripts',
        join(place.folder, `watchbell-${version}.tgz`),
      ])
      if (code !== 0) return `npm install ended with ${code}`
      const strays = strayFiles(join(installation(place), 'node_modules'))
      return strays.length === 0 ? null : `there are ${strays.join(', ')}`
    },
    'npx watchbell version says the versions': async (place) => {
      const { code, output } = await watchbellFolder(place, ['exec', 'watchbell', 'version'])
      const expected = `watchbell ${version}\nnode ${process.versions.node}\nschema ${await latestMigration()}\ntime zones ${tzdataVersion}\n`
      return code === 0 && output === expected ? null : `it said, with code ${code}: ${output}`
    },
    'npx watchbell serve takes an alert, npx watchbell healthcheck sees it well, and Ctrl-C stops everything': async (place) => {
      const env = { ...environment(), ...serverSettings(place), WATCHBELL_BOOTSTRAP_TOKEN: token }
      const server = startNpm({ argv: ['exec', 'watchbell', 'serve'], cwd: installation(place), env }, 'inherit')
      const late = await readyWithin(place, 30_000)
      if (late !== null) return late
      const fault = (await alertFault(place)) ?? (await healthFault(place))
      return fault ?? (await stopsByInterrupt(server, place))
    },
  })
}

const installation = ({ folder }: Place): string => join(folder, 'installation')

const watchbellFolder = (place: Place, argv: readonly string[]) =>
  npm({ argv, cwd: installation(place), env: { ...environment(), ...serverSettings(place) } })

/** Nothing of the checkout may help: neither its programs nor what npm says about it. */
const environment = (): Readonly<Record<string, string>> => ({
  PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
  npm_config_local_prefix: '',
})

async function npm(call: Parameters<typeof startNpm>[0]): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = startNpm(call, 'pipe')
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = new Promise((resolve) => child.once('close', resolve))
  if (!(await ended(child, 120_000))) return { code: null, output: 'nothing within two minutes' }
  await closed
  return { code: child.exitCode, output: Buffer.concat(chunks).toString('utf8') }
}

/** What belongs into a checkout only. */
function strayFiles(modules: string): readonly string[] {
  const nodes = readdirSync(modules).filter((name) => name.startsWith('node-'))
  const files = readdirSync(join(modules, 'watchbell'), { recursive: true, encoding: 'utf8' })
  return [...nodes, ...files.filter((file) => /\.test\.|^(?:src|test|sim|bench|scripts|runtime)\b/.test(file))]
}

async function alertFault({ port }: Place): Promise<string | null> {
  const api = async (path: string, body?: object) => {
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const headers = { authorization: token, 'content-type': 'application/json' }
    const answer = await fetch(new URL(path, `http://127.0.0.1:${port}/api/v1/`), { headers, ...sent })
    return { status: answer.status, text: await answer.text() }
  }
  const made = await api('integrations/', { type: 'formatted_webhook', name: 'Smoke' })
  const link = /"link":"([^"]+)"/.exec(made.text)?.[1]
  if (link === undefined) return `no integration was made: ${made.status} ${made.text}`
  const taken = await api(link, { alert_uid: 'smoke', title: 'Smoke in the engine room' })
  if (taken.status !== 200) return `the alert was not taken: ${taken.status} ${taken.text}`
  const groups = await api('alert_groups/')
  return groups.text.includes('Smoke in the engine room') ? null : `the alert is not there: ${groups.status} ${groups.text}`
}

async function healthFault(place: Place): Promise<string | null> {
  const { code, output } = await watchbellFolder(place, ['exec', 'watchbell', 'healthcheck'])
  return code === 0 && output.includes('"status":"ready"') ? null : `healthcheck said, with code ${code}: ${output}`
}

await main()
