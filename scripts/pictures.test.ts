import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pictures } from './pictures/pictures.ts'
import { root } from './tool.ts'

const folder = join(root, 'docs/pictures')
const names = Object.keys(pictures)
const read = (name: string): string => readFileSync(join(folder, `${name}.svg`), 'utf8')

describe('the pictures of the documents', () => {
  it.each(names)('%s.svg is what the program says today; else look at it, and run npm run pictures', (name) => {
    expect(read(name)).toBe(pictures[name]?.())
  })

  it('are all drawn by the program', () => {
    expect(readdirSync(folder).toSorted()).toEqual(names.map((name) => `${name}.svg`).toSorted())
  })

  it.each(names)('%s.svg says in words what it shows', (name) => {
    expect(read(name)).toMatch(/<title id="title">[^<]{20,}<\/title>\n<desc id="description">[^<]{100,}<\/desc>/)
  })

  it.each([
    ['spring-night', ['Ann: 7 hours', 'Ann: 8 hours', 'so the hand-over is at 03:00']],
    ['autumn-night', ['Ann: 9 hours', 'Ann: 8 hours', '01:30 comes twice']],
  ])('%s.svg has the lengths of the shifts in it', (name, words) => {
    expect(words.filter((one) => !read(name).includes(one))).toEqual([])
  })

  it('the week with a clock change shows two nights with an hour that nobody has and the sign for it, until it is mended', () => {
    expect(read('follow-the-sun').match(/class="nobody"/g)).toHaveLength(3)
    expect(read('follow-the-sun-mended')).not.toContain('class="nobody"')
  })
})
