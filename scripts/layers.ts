import { posix } from 'node:path'

/**
 * Who may import whom: the one table behind the architecture. A folder of src/ is a stage of the alert's way, or one of the
 * few folders around the stages; the last word of a file's name is its layer inside the stage (`store.ts`, `group-store.ts`),
 * and a file with any other name is pure.
 */

/** In flow order. A stage may import the stages after it, never those before: it is told, it never asks upward. */
const stages = [
  'inbound',
  'alerts',
  'integrations',
  'escalations',
  'escalation-chains',
  'schedules',
  'notifications',
  'events',
  'webhooks',
  'deliveries',
  'shards',
  'services',
  'accounts',
] as const

const worldly = ['commands', 'store', 'routes', 'loop', 'send'] as const

type StageLayer = 'pure' | 'channel' | (typeof worldly)[number]
type Layer = StageLayer | 'lib' | 'node' | 'ports' | 'config' | 'db' | 'embedded' | 'http' | 'app' | 'main'
type Place = { readonly layer: Layer; readonly stage: (typeof stages)[number] | null }

/** `own` counts inside one stage and outside the stages; `below` is what may be asked of a later stage; `types` only as types. */
type Permission = { readonly own: readonly Layer[]; readonly below?: readonly Layer[]; readonly types?: readonly Layer[] }

const everyLayer: readonly Layer[] = ['pure', 'channel', ...worldly, 'lib', 'node', 'ports', 'config', 'db', 'embedded', 'http']
const asked: readonly Layer[] = ['pure', 'commands']

const permissions: Readonly<Record<Layer, Permission>> = {
  lib: { own: ['lib'], types: ['ports'] },
  node: { own: ['lib', 'node', 'ports'] },
  ports: { own: ['lib'], types: ['db'] },
  config: { own: ['lib'], below: ['pure'] },
  db: { own: ['lib', 'ports', 'db', 'embedded'] },
  embedded: { own: ['lib', 'ports', 'embedded'] },
  pure: { own: ['lib', 'pure'], below: ['pure'], types: ['ports', 'commands'] },
  commands: { own: ['lib', 'ports', 'pure', 'channel', 'commands', 'store'], below: asked, types: ['config'] },
  store: { own: ['lib', 'ports', 'pure', 'store', 'db'], below: ['pure'] },
  loop: { own: ['lib', 'ports', 'pure', 'commands', 'store', 'loop', 'send', 'channel'], below: asked, types: ['config'] },
  send: { own: ['lib', 'ports', 'pure', 'send'], below: ['pure'], types: ['config'] },
  channel: { own: ['lib', 'ports', 'pure', 'channel'], below: ['pure'], types: ['config'] },
  routes: { own: ['lib', 'ports', 'pure', 'channel', 'commands', 'store', 'routes', 'http'], below: asked, types: ['config'] },
  http: { own: ['lib', 'ports', 'http'], types: ['config'] },
  app: { own: [...everyLayer, 'app'], below: everyLayer },
  main: { own: ['lib', 'node', 'ports', 'config', 'db', 'embedded', 'http', 'app', 'main'], below: [...asked, 'send'] },
}

/** The server knows who asks: it may use this one stage. */
const stageOfHttp = 'accounts'

/** Packages that touch the world, or the shape of it. All others may be imported by any layer. */
const packageLayers: Readonly<Record<string, readonly Layer[]>> = {
  kysely: ['store', 'db', 'ports', 'app'],
  pg: ['store', 'db', 'app'],
  'pg-copy-streams': ['db'],
  'pg-connection-string': ['config'],
  fastify: ['http', 'routes', 'app'],
  pino: ['node', 'app', 'main'],
  'pino-pretty': ['node', 'app', 'main'],
  'prom-client': ['node', 'http', 'app'],
  undici: ['node', 'send'],
  nodemailer: ['node', 'send', 'channel'],
  'smtp-server': ['main'],
}

const worldlyLayers: readonly Layer[] = ['node', 'config', 'db', 'embedded', 'http', 'send', 'app', 'main']

/** Node's modules that only compute, less the parts of them that do not. */
const pureBuiltins: Readonly<Record<string, readonly string[]>> = {
  'node:buffer': [],
  'node:crypto': [
    'generateKeySync',
    'generateKeyPairSync',
    'getRandomValues',
    'randomBytes',
    'randomFill',
    'randomFillSync',
    'randomInt',
    'randomUUID',
    'subtle',
    'webcrypto',
  ],
  'node:net': ['connect', 'createConnection', 'createServer', 'Server', 'Socket', 'Stream'],
  'node:tls': ['connect', 'createServer', 'Server', 'setDefaultCACertificates', 'TLSSocket'],
}

/** Where the ambient clock, randomness, environment, network and timers may be touched. */
export const ambientFiles = ['src/lib/node/**', 'src/db/embedded/**', 'src/config.ts', 'src/main.ts']
const ambientLayers: readonly Layer[] = ['node', 'embedded', 'config', 'main']

export type Import = {
  /** From the root of the repository, with forward slashes. */
  readonly from: string
  /** As written. */
  readonly of: string
  readonly isType: boolean
  /** The names that are taken, `*` for all of them and `default` for the default. */
  readonly names: readonly string[]
}

/** What is wrong with an import, as a sentence, or null. Tests, the simulator and the workshop may import anything. */
export function layerFault(found: Import): string | null {
  if (!isProduct(found.from)) return null
  const from = placeOf(found.from)
  if (from === null) return `${found.from} lies in no layer: add its folder to scripts/layers.ts`
  if (found.of.startsWith('node:')) return builtinFault(from.layer, found)
  if (!found.of.startsWith('.')) return packageFault(from.layer, found.of)
  const target = posix.join(posix.dirname(found.from), found.of)
  if (!isProduct(target)) return `the product does not import ${target}`
  const to = placeOf(target)
  if (to === null) return `${target} lies in no layer: add its folder to scripts/layers.ts`
  return placeFault(from, to, found.isType)
}

/** Whether the file lies in src/ and is not a test. */
export const isProduct = (file: string): boolean => file.startsWith('src/') && !file.endsWith('.test.ts')

/** The layer of a file of src/, or null when its folder is unknown. */
export function placeOf(file: string): Place | null {
  const [, folder = '', ...rest] = file.split('/')
  const stage = stages.find((name) => name === folder) ?? null
  if (stage !== null) return { stage, layer: stageLayerOf(rest) }
  const layer = outerLayers.find(([start]) => file.startsWith(start))?.[1]
  return layer === undefined ? null : { stage: null, layer }
}

const outerLayers: readonly (readonly [string, Layer])[] = [
  ['src/lib/node/', 'node'],
  ['src/lib/', 'lib'],
  ['src/db/embedded/', 'embedded'],
  ['src/db/', 'db'],
  ['src/http/', 'http'],
  ['src/ports.ts', 'ports'],
  ['src/config.ts', 'config'],
  ['src/app.ts', 'app'],
  ['src/housekeeping.ts', 'app'],
  ['src/readiness.ts', 'app'],
  ['src/metrics.ts', 'app'],
  ['src/demo/', 'main'],
  ['src/main.ts', 'main'],
  ['src/backup.ts', 'main'],
  ['src/open.ts', 'main'],
  ['src/serve.ts', 'main'],
]

function stageLayerOf(rest: readonly string[]): StageLayer {
  if (rest[0] === 'channels') return 'channel'
  const lastWord = posix
    .basename(rest.at(-1) ?? '', '.ts')
    .split('-')
    .at(-1)
  return worldly.find((layer) => layer === lastWord || rest[0] === layer) ?? 'pure'
}

function placeFault(from: Place, to: Place, isType: boolean): string | null {
  const { own, below = [], types = [] } = permissions[from.layer]
  if (isType && types.includes(to.layer) && (to.stage === null || isReachable(from, to))) return null
  if (to.stage === null || to.stage === from.stage) {
    return own.includes(to.layer) ? null : `${nameOf(from)} does not import ${nameOf(to)}`
  }
  if (from.layer === 'http')
    return to.stage === stageOfHttp && asked.includes(to.layer) ? null : `http/ does not import ${nameOf(to)}`
  if (!isReachable(from, to)) return `${from.stage} comes after ${to.stage}: it is told, it never asks upward`
  return below.includes(to.layer) ? null : `${nameOf(from)} does not import ${nameOf(to)}`
}

/** Whether the stage of the importing file lies before the other, or is no stage at all. */
const isReachable = (from: Place, to: Place): boolean =>
  from.stage === null || to.stage === null || stages.indexOf(from.stage) <= stages.indexOf(to.stage)

const nameOf = (place: Place): string =>
  place.stage === null ? `the layer "${place.layer}"` : `the layer "${place.layer}" of ${place.stage}`

function packageFault(layer: Layer, specifier: string): string | null {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  const layers = packageLayers[name.startsWith('@fastify/') ? 'fastify' : name]
  return layers === undefined || layers.includes(layer) ? null : `the layer "${layer}" does not import ${name}`
}

function builtinFault(layer: Layer, found: Import): string | null {
  const impure = pureBuiltins[found.of]
  if (impure === undefined) return worldlyLayers.includes(layer) ? null : `the layer "${layer}" does not import ${found.of}`
  if (ambientLayers.includes(layer) || found.isType) return null
  const taken = found.names.find((name) => name === '*' || name === 'default' || impure.includes(name))
  return taken === undefined
    ? null
    : `"${taken}" of ${found.of} is not for the layer "${layer}": name what is needed, and take randomness and sockets from the ports`
}
