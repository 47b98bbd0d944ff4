import { syntaxFault } from './fault.ts'
import type { Stream } from './token-stream.ts'
import type { Library } from './value.ts'

/** What was used from there on may be unknown after all, unless it is fixed: it stands in an `if`, and counts when it is come to. */
export function releaseUses({ uses }: Stream, from: number): void {
  const fixed = uses.slice(from).filter(({ isFixed }) => isFixed)
  uses.length = from
  uses.push(...fixed)
}

/** What was used from there on must exist, even inside of an `if`: loops, macros and the like are looked at as a whole. */
export function pinUses({ uses }: Stream, from: number): void {
  for (const one of uses.slice(from)) one.isFixed = true
}

/** Refuses a template that uses what the library has not. */
export function checkUses({ uses }: Stream, library: Library): void {
  for (const { what, name, line } of uses) {
    const known = what === 'filter' ? library.filters : library.tests
    if (!known.has(name)) throw syntaxFault(`No ${what} named '${name}'.`, line)
  }
}
