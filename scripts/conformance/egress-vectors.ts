import { parseEgressAllow } from '../../src/deliveries/egress/allow.ts'
import { egressPolicy, type EgressPolicy, judgeAddresses, judgeUrl } from '../../src/deliveries/egress/egress.ts'
import { isObject } from '../../src/lib/json.ts'
import { type Case, differences } from './case.ts'

type Vector = {
  readonly id: string
  readonly category: string
  readonly url: string
  readonly verdict: string
  readonly why: string
  readonly resolves_to?: readonly string[]
  /** What one look-up after the other answers; the last one decides. */
  readonly sequence?: readonly (readonly string[])[]
  readonly redirect_to?: string
}

/** The cases of a file like `test/vectors/ssrf.json`, under the rules of a server that allows nothing more. */
export function egressCases(file: unknown): readonly Case[] {
  if (!isVectors(file)) throw new Error('the file is no list of vectors with id, url and verdict')
  const policy = closedPolicy()
  return file.map(({ id, category, url, verdict, why, ...vector }) => ({
    id,
    description: `${category}: ${verdict}, because ${why}`,
    tags: [category],
    run: () => {
      const answers = vector.sequence ?? [vector.resolves_to ?? null]
      const found = answers.map((addresses) => judged(url, addresses, policy))
      // A redirect is never followed; what it leads to is no URL for a webhook either.
      if (vector.redirect_to !== undefined) found.push(judged(vector.redirect_to, null, policy))
      return differences('verdict', [verdict], [found.includes('refuse') ? 'refuse' : 'allow'])
    },
  }))
}

/** `addresses` null: nothing is said of the look-up, and the URL alone is judged. */
function judged(url: string, addresses: readonly string[] | null, policy: EgressPolicy): 'allow' | 'refuse' {
  const target = judgeUrl(url, policy)
  if (!target.ok) return 'refuse'
  return !target.value.isName || addresses === null || judgeAddresses(target.value, addresses, policy).ok ? 'allow' : 'refuse'
}

function closedPolicy(): EgressPolicy {
  const allow = parseEgressAllow('')
  if (!allow.ok) throw new Error(allow.reason)
  return egressPolicy(allow.value, 'https://watchbell.example')
}

const isVectors = (file: unknown): file is readonly Vector[] =>
  Array.isArray(file) && file.every((vector) => isObject(vector) && ['id', 'url', 'verdict'].every((name) => name in vector))
