import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { catalogue } from '../src/events/catalogue.ts'
import { serve, type Server } from '../src/serve.ts'
import type { Names } from './documents/likeness.ts'
import { linksOf } from './documents/markdown.ts'
import { runDocument, setUp } from './documents/run.ts'
import type { Variables } from './documents/shell.ts'
import { freePort } from './processes/server-process.ts'
import { type MailReceiver, receiveMails } from './processes/receivers.ts'
import { urlOf } from './support/address.ts'
import { freshDatabase } from './support/database.ts'
import { silentLog } from './support/log.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const pagesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .toSorted()
    .map((name) => join(folder, name))

const guides = ['README.md', ...pagesIn('docs')]
const documents = [...guides, 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...pagesIn('docs/decisions')]

const rounds = [
  { title: 'work as written, one document after the other', pages: guides, hook: '/hook' },
  { title: 'of a guide work alone, on a fresh server', pages: ['docs/follow-the-sun.md'], hook: '/hand-over' },
]

describe.each(rounds)('the examples $title', ({ pages, hook }) => {
  let server: Server
  let mails: MailReceiver
  let token = ''
  const paths: string[] = []
  const files = new Set<string>()
  const receiver = createServer((request, response) => {
    paths.push(request.url ?? '')
    request.resume().on('end', () => response.writeHead(files.has('broken') ? 503 : 200).end('thanks'))
  })

  beforeAll(async () => {
    mails = await receiveMails()
    const receiverPort = await freePort()
    await new Promise<void>((resolve) => receiver.listen(receiverPort, '127.0.0.1', resolve))
    const config = readConfig({
      WATCHBELL_PORT: String(await freePort()),
      WATCHBELL_DATABASE_URL: urlOf(await freshDatabase()),
      WATCHBELL_SECRET_KEY: '2b'.repeat(32),
      WATCHBELL_SMTP_URL: mails.url,
      WATCHBELL_EGRESS_ALLOW: `127.0.0.1:${receiverPort}`,
    })
    server = await serve(config, silentLog)
    token = await setUp(server.setupLink)
    names = new Map([
      ['http://127.0.0.1:8080', server.address],
      ['http://127.0.0.1:9000', `http://127.0.0.1:${receiverPort}`],
      ['paste-it-here', token],
    ])
  })
  afterAll(async () => {
    await server.stop()
    mails.close()
    receiver.closeAllConnections()
    receiver.close()
  })

  let names: Names = new Map()

  it.each(pages)('%s', async (page) => {
    const variables: Variables = new Map([
      ['WATCHBELL', server.address],
      ['TOKEN', token],
    ])
    const reading = runDocument({ path: page, text: read(page) }, { variables, names, files })
    await expect(reading).resolves.toBeInstanceOf(Map)
    names = await reading
  })

  it('their reader has got a webhook', () => {
    expect(paths).toContain(hook)
  })

  it.runIf(pages.includes('README.md'))('a reader of the README has got a page', () => {
    expect(mails.arrivals.length).toBeGreaterThan(0)
  })
})

describe('the documents are complete', () => {
  it.each(documents)('every link of %s leads somewhere', (path) => {
    const broken = linksOf(read(path)).filter((target) => !existsSync(join(root, dirname(path), target)))
    expect(broken).toEqual([])
  })

  it.each(documents)('every npm script that %s names is there', (path) => {
    const { scripts } = JSON.parse(read('package.json'))
    const named = [...read(path).matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })

  it('docs/configuration.md has a section for every setting', () => {
    const settings = new Set([...read('src/config.ts').matchAll(/'(WATCHBELL_[A-Z_]+)'/g)].map(([, name = '']) => name))
    expect(settings.size).toBeGreaterThan(10)
    expect([...settings].filter((name) => !read('docs/configuration.md').includes(`### ${name}\n`))).toEqual([])
  })

  it('docs/api.md names every path of the API', async () => {
    const sources = [
      'accounts',
      'alerts',
      'escalation-chains',
      'events',
      'integrations',
      'notifications',
      'schedules',
      'webhooks',
    ]
    const files = sources.flatMap((slice) => readdirSync(join(root, 'src', slice)).map((name) => `src/${slice}/${name}`))
    const routes = files
      .filter((file) => file.endsWith('routes.ts'))
      .map(read)
      .join('\n')
    const resources = new Set([...routes.matchAll(/['`]\/api\/v1\/([\w/]+)/g)].map(([, resource = '']) => resource))
    expect(resources.size).toBeGreaterThan(8)
    expect([...resources].filter((resource) => !read('docs/api.md').includes(`/${resource}`))).toEqual([])
  })

  it('docs/api.md explains every type of event', () => {
    expect(Object.keys(catalogue).filter((type) => !read('docs/api.md').includes(`| \`${type}\` |`))).toEqual([])
  })

  it('docs/operations.md explains every line of the log that says what is wrong', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /(?<!\.test)\.ts$/.test(name),
    )
    const saying = /(?:\blog\.(?:warn|error)|\bfailed|\bputtingOff)\((?:\{[^}]*\}, )?['`]([a-z][a-z -]+)/g
    const lines = new Set(sources.flatMap((name) => [...read(`src/${name}`).matchAll(saying)].map(([, line = '']) => line)))
    expect(lines.size).toBeGreaterThan(30)
    const explained = [...read('docs/operations.md').matchAll(/^\| (`[^|]*) \|/gm)].map(([, first = '']) => first).join()
    expect([...lines].filter((line) => !explained.includes(`\`${line}`))).toEqual([])
  })

  it('the decision about dependencies has a line for each of them', () => {
    const { dependencies, optionalDependencies } = JSON.parse(read('package.json'))
    const runtime = JSON.parse(read('runtime/package.json'))
    const told = read('docs/decisions/0008-dependencies.md')
    const packages = [
      ...Object.keys(dependencies),
      ...Object.keys({ ...optionalDependencies, ...runtime.optionalDependencies }).map((name) =>
        name.replace(/-?(?:darwin|linux)-.*$/, ''),
      ),
    ]
    expect(packages.filter((name) => !told.includes(`\`${name}`))).toEqual([])
  })

  it('CONTRIBUTING.md has the limit of every part of .ci/run', () => {
    const parts = [...read('.ci/run').matchAll(/^ {2}'([\w-]+) (\d+)'$/gm)]
    expect(parts.length).toBeGreaterThan(5)
    const told = read('CONTRIBUTING.md')
    expect(parts.filter(([, name, limit]) => !told.includes(`| \`${name}\` | ${limit} |`))).toEqual([])
  })
})
