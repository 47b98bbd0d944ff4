import { readFileSync } from 'node:fs'
import { isObject } from '../json.ts'
import { check } from '../check.ts'

/** This program's version, from its package. */
export function programVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  check(isObject(manifest) && typeof manifest['version'] === 'string', 'the package has a version')
  return manifest['version']
}
