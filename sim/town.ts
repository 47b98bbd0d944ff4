import { check } from '../src/lib/check.ts'
import { isObject } from '../src/lib/json.ts'
import { after, ms, type Ms, seconds } from '../src/lib/time.ts'
import type { Faults } from './faults.ts'
import type { Night } from './nights.ts'
import type { Answer, Process, Request } from './process.ts'
import type { Dice } from './random.ts'
import type { Records } from './record.ts'
import type { Troubles } from './trouble.ts'
import type { World } from './world.ts'

/** Where the people and the machines live that use the servers. */
export type Town = {
  readonly night: Night
  readonly world: World
  readonly faults: Faults
  readonly troubles: Troubles
  readonly records: Records
  readonly processes: readonly Process[]
  readonly dice: Dice
  /** The admin's API token. */
  readonly token: string
  /** False when the world is healed: whoever still waits for an answer gets it, and nobody begins anything. */
  isOpen(): boolean
  /** How many still wait for an answer. */
  busy: number
}

const patienceMs = seconds(30)

/** Is told what the server answered, whoever heard; null: it was asked, and may do it or not, at any time. */
export type OnServer = (answer: Answer | null) => void

/** Asks one of the servers over a network that loses requests and answers; null when nothing was heard. */
export async function ask(town: Town, request: Request, onServer: OnServer = () => {}): Promise<Answer | null> {
  const { world, faults, dice, processes } = town
  const process = dice.pick(processes)
  const way = faults.onTheWayIn()
  await world.pause(way.afterMs)
  if (way.isLost) return nothing(town, patienceMs)
  const answer = await patiently(town, process.ask(request))
  if (answer === null) return nothing(town, seconds(1))
  if (answer === 'silence') {
    onServer(null)
    return nothing(town, seconds(1))
  }
  onServer(answer)
  world.note(null, `${process.name} answers ${request.method} ${request.url.slice(0, 60)}: ${answer.status}`)
  if (way.isAnswerLost) return nothing(town, patienceMs)
  return answer
}

/** The same with the admin's token. */
export function askApi(
  town: Town,
  { method, path, body }: { readonly method: Request['method']; readonly path: string; readonly body?: object },
  onServer?: OnServer,
): Promise<Answer | null> {
  const request = { method, url: `/api/v1${path}`, headers: { authorization: town.token } }
  return ask(town, body === undefined ? request : { ...request, body: JSON.stringify(body) }, onServer)
}

/** Makes something while nothing goes wrong. */
export async function create(town: Town, path: string, body: object) {
  const answer = await askApi(town, { method: 'POST', path, body })
  check(answer?.status === 201, `POST ${path} makes something: ${answer?.status} ${answer?.body}`)
  const document: unknown = JSON.parse(answer.body)
  check(isObject(document) && typeof document['id'] === 'string', 'what was made has an id')
  return { id: document['id'], document }
}

/** The things of a list, as it is when the list is read. */
export async function listed(town: Town, path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const answer = await insist(town, () => askApi(town, { method: 'GET', path }))
  const page: unknown = answer.status === 200 ? JSON.parse(answer.body) : null
  return isObject(page) && Array.isArray(page['results']) ? page['results'].filter(isObject) : []
}

/** Asks again until it is answered, and is not done before. */
export async function insist(town: Town, attempt: () => Promise<Answer | null>): Promise<Answer> {
  town.busy += 1
  const answer = await repeat(town, attempt)
  town.busy -= 1
  return answer
}

/** Asks again, with pauses, until a server has answered something that is not its own trouble. */
export async function repeat({ world, dice }: Town, attempt: () => Promise<Answer | null>): Promise<Answer> {
  for (let pause = 2; ; pause = Math.min(pause * 2, 120)) {
    const answer = await attempt()
    if (answer !== null && answer.status < 500) return answer
    await world.pause(seconds(pause * dice.between(0.5, 1.5)))
  }
}

/** Lets some time pass, as it does between things that happen by chance, this long on average. */
export function byAndBy({ world, dice }: Town, averageMs: Ms): Promise<void> {
  return world.pause(ms(Math.ceil(-Math.log(1 - dice.between(0, 1)) * averageMs)))
}

async function nothing({ world }: Town, duration: Ms): Promise<null> {
  await world.pause(duration)
  return null
}

function patiently({ world }: Town, asking: Promise<Answer | null>): Promise<Answer | null | 'silence'> {
  return new Promise((resolve, reject) => {
    const giveUp = world.plan({
      at: after(world.now(), patienceMs),
      life: null,
      what: 'nobody answers',
      run: () => resolve('silence'),
    })
    asking.then((answer) => {
      giveUp()
      resolve(answer)
    }, reject)
  })
}
