import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { check } from '../src/lib/check.ts'

/** A text of a source file, which must be there exactly once, and what stands there instead. */
export type Patch = { readonly file: string; readonly find: string; readonly put: string }

/**
 * What is otherwise in the simulator, because it would cost more than all else: leases are counted in minutes, not in
 * seconds, and the metrics of Node itself are left out, whose observers would keep every life in memory for ever.
 */
export const lightening: readonly Patch[] = [
  { file: 'http/health.ts', find: '  collectDefaultMetrics({ register: registry })\n', put: '' },
  { file: 'shards/lease.ts', find: 'seconds }', put: 'minutes as seconds }' },
]

const root = new URL('../src/', import.meta.url)

/** Loads the program with some of its text replaced. Before any of those files is imported. */
export function applyPatches(patches: readonly Patch[]): void {
  const texts = patchedTexts(patches)
  registerHooks({
    load: (url, context, nextLoad) => {
      const source = texts.get(url)
      if (source === undefined) return nextLoad(url, context)
      return { format: 'module-typescript', source, shortCircuit: true }
    },
  })
}

/** The texts of the files that are patched, by URL. */
export function patchedTexts(patches: readonly Patch[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const { file, find, put } of patches) {
    const url = new URL(file, root).href
    const text = texts.get(url) ?? readFileSync(fileURLToPath(url), 'utf8')
    const count = text.split(find).length - 1
    check(count === 1, `src/${file} has "${find}" once, not ${count} times`)
    texts.set(
      url,
      text.replace(find, () => put),
    )
  }
  return texts
}
