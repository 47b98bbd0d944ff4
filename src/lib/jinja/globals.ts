import { asCount, withParameters } from './arguments.ts'
import { spendItems, spendText } from './budget.ts'
import { dictOf, itemNamed, setItem } from './dict.ts'
import { pairsIn } from './collection-methods.ts'
import { runtimeFault, typeFault } from './fault.ts'
import { functionValue } from './member.ts'
import { repr } from './print.ts'
import { isTrue } from './truth.ts'
import { type Arguments, type Dict, type Function, htmlOfMarked, type Instance, type Runtime, type Value } from './value.ts'

/** A dict of what a call gives: another dict or pairs, then names. */
function dictFrom({ positional, named }: Arguments, { budget }: Runtime): Dict {
  if (positional.length > 1) throw typeFault(`dict expected at most 1 argument, got ${positional.length}`)
  const [first] = positional
  const dict = dictOf(first === undefined ? [] : pairsIn(first, budget))
  spendItems(budget, named.size)
  for (const [name, value] of named) setItem(dict, name, value)
  return dict
}

/** What a loop can change and the template still has after it: `ns.count = ns.count + 1`. */
const namespace: Function = (given, runtime) => {
  const dict = dictFrom(given, runtime)
  const made: Instance = {
    kind: 'instance',
    typeName: 'Namespace',
    module: 'jinja2.utils',
    text: (budget) => `<Namespace ${repr(dict, budget)}>`,
    member: (name) => itemNamed(dict, name),
    assign: (name, value) => setItem(dict, name, value),
  }
  return made
}

const cycler: Function = ({ positional: items }) => {
  if (items.length === 0) throw runtimeFault('at least one item has to be provided')
  let place = 0
  const current = (): Value => items[place] ?? null
  const next: Function = () => {
    const item = current()
    place = (place + 1) % items.length
    return item
  }
  const reset: Function = () => {
    place = 0
    return null
  }
  const made: Instance = {
    kind: 'instance',
    typeName: 'Cycler',
    module: 'jinja2.utils',
    text: () => '<jinja2.utils.Cycler object>',
    member: (name) => {
      if (name === 'current') return current()
      if (name === 'next') return functionValue({ text: '<bound method Cycler.next>', work: next })
      return name === 'reset' ? functionValue({ text: '<bound method Cycler.reset>', work: reset }) : undefined
    },
  }
  return made
}

const joiner = withParameters({ title: 'Joiner', parameters: { sep: ', ' } }, (ask) => {
  let isUsed = false
  const made: Instance = {
    kind: 'instance',
    typeName: 'Joiner',
    module: 'jinja2.utils',
    text: () => '<jinja2.utils.Joiner object>',
    call: () => {
      const wasUsed = isUsed
      isUsed = true
      return wasUsed ? ask('sep') : ''
    },
  }
  return made
})

const filler = [
  'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.',
  'Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat.',
].join(' ')

/** Paragraphs that say nothing. They are always the same. */
const lipsum = withParameters(
  { title: 'generate_lorem_ipsum', parameters: { n: 5n, html: true, min: 20n, max: 100n } },
  (ask, { budget }) => {
    const count = Math.max(0, asCount(ask('n')))
    spendText(budget, count * filler.length)
    const isHtml = isTrue(ask('html'))
    const paragraphs = Array.from({ length: count }, () => (isHtml ? `<p>${filler}</p>` : filler))
    return isHtml ? htmlOfMarked(paragraphs.join('\n')) : paragraphs.join('\n\n')
  },
)

const typeValue = (text: string, work: Function): Instance => ({
  kind: 'instance',
  typeName: 'type',
  text: () => text,
  call: work,
})

export const globals: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['dict', typeValue("<class 'dict'>", dictFrom)],
  ['namespace', typeValue("<class 'jinja2.utils.Namespace'>", namespace)],
  ['cycler', typeValue("<class 'jinja2.utils.Cycler'>", cycler)],
  ['joiner', typeValue("<class 'jinja2.utils.Joiner'>", joiner)],
  ['lipsum', functionValue({ text: '<function generate_lorem_ipsum>', work: lipsum })],
])
