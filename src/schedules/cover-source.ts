import type { OnCall } from './engine/stretches.ts'
import { aboveEveryLevel } from './engine/schedule.ts'

/** What puts somebody on call, in the words that people read. */
export type CoverSource = {
  readonly kind: 'layer' | 'override' | 'swap'
  readonly id: string
  /** Of a swap: that of the layer whose shift it gives away. Null: it has none. */
  readonly name: string | null
}

/** The nearest reason why somebody is on call: a swap before the layer that it changes. */
export function sourceOf({ cover, swapId, insteadOf }: OnCall, names: ReadonlyMap<string, string | null>): CoverSource {
  const { id } = cover.source
  const name = names.get(id) ?? null
  if (cover.source.kind === 'layer' && swapId !== null && insteadOf !== null) return { kind: 'swap', id: swapId, name }
  // Overrides of the Grafana OnCall API are layers for the engine, above all others.
  const isOverride = cover.source.kind === 'override' || cover.level === aboveEveryLevel
  return { kind: isOverride ? 'override' : 'layer', id, name }
}
