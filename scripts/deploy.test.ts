import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configWarnings } from '../src/config.ts'
import { root } from './tool.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const only = (text: string, pattern: RegExp): string => {
  const found = [...text.matchAll(pattern)].map(([, part = '']) => part)
  expect(found.length, `${pattern}`).toBeGreaterThan(0)
  expect(new Set(found).size, `${pattern}`).toBe(1)
  return found[0] ?? ''
}

test.each(['Dockerfile', 'compose.yaml', 'deploy/watchbell.service'])('every setting that %s names is one', (path) => {
  const named = [...read(path).matchAll(/WATCHBELL_[A-Z_]+/g)].map(([name]) => name)
  expect(named.length).toBeGreaterThan(0)
  expect(configWarnings(Object.fromEntries(named.map((name) => [name, 'x'])))).toEqual([])
})

test('the image has the Node that the package wants', () => {
  const { engines } = JSON.parse(read('package.json'))
  expect(engines.node).toBe(`>=${only(read('Dockerfile'), /^FROM node:(\d+)-slim/gm)}`)
})

test('all that goes into the image is there, and is not ignored', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '))
  const wanted = read('.dockerignore')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []))
  expect(copied).toContain('package-lock.json')
  expect(copied.filter((source) => source !== '.' && !wanted.includes(source))).toEqual([])
  expect(wanted.filter((source) => !existsSync(join(root, source)))).toEqual([])
})

test('whoever stops the server waits longer than it takes', () => {
  const stopMaxMs = Number(only(read('src/main.ts'), /stopMaxMs = ([\d_]+)$/gm).replaceAll('_', ''))
  expect(stopMaxMs).toBe(25_000)
  expect(only(read('deploy/watchbell.service'), /^TimeoutStopSec=(.+)$/gm)).toBe('30')
  expect(only(read('compose.yaml'), /within 25 seconds\.\n {4}stop_grace_period: (.+)$/gm)).toBe('30s')
})
