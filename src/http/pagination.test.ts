import { describe, expect, test } from 'vitest'
import type { Window } from '../lib/listing.ts'
import { paginate } from './pagination.ts'

const letters = ['a', 'b', 'c', 'd', 'e']

function ask(url: string, items: readonly string[] = letters, baseUrl = 'https://bell.example/oncall') {
  const listing = {
    count: async () => items.length,
    items: async ({ limit, offset }: Window) => items.slice(offset, offset + limit),
  }
  return paginate({ url, server: { baseUrl } }, { pageSize: 2, listing, show: (item) => item })
}

test('a page has the keys of the contract, in its order, and links with prefix, path and filters', async () => {
  expect(JSON.stringify(await ask('/api/v1/letters?team=null&page=2'))).toBe(
    '{"count":5,"next":"https://bell.example/oncall/api/v1/letters?page=3&team=null",' +
      '"previous":"https://bell.example/oncall/api/v1/letters?team=null",' +
      '"results":["c","d"],"page_size":2,"current_page_number":2,"total_pages":3}',
  )
})

test('links keep the slash at the end as it was asked for', async () => {
  expect((await ask('/api/v1/letters/')).next).toBe('https://bell.example/oncall/api/v1/letters/?page=2')
  expect((await ask('/api/v1/letters')).next).toBe('https://bell.example/oncall/api/v1/letters?page=2')
})

test('links keep repeated and escaped parameters', async () => {
  expect((await ask('/x?roles=1&roles=0&name=a%26b+c')).next).toBe(
    'https://bell.example/oncall/x?name=a%26b+c&page=2&roles=1&roles=0',
  )
})

test('a page beyond the end is the last page', async () => {
  for (const page of ['4', '99', '9'.repeat(400)]) {
    expect(await ask(`/x?page=${page}`)).toMatchObject({ results: ['e'], current_page_number: 3, next: null })
  }
})

describe('what is no number from 1 counts as not given', () => {
  test.each(['0', '-1', 'abc', '', '1.5', '2e3', '0x2', 'null'])('page=%s', async (page) => {
    expect(await ask(`/x?page=${page}`)).toMatchObject({ current_page_number: 1, previous: null })
  })
  test.each(['0', '-1', 'abc', '', '1.5'])('perpage=%s', async (size) => {
    expect(await ask(`/x?perpage=${size}`)).toMatchObject({ page_size: 2, total_pages: 3 })
  })
})

test('links keep what follows a second question mark', async () => {
  expect((await ask('/x?name=a?b&perpage=4')).next).toBe('https://bell.example/oncall/x?name=a%3Fb&page=2&perpage=4')
})

test('links name the public URL, also when the request names a host', async () => {
  expect((await ask('http://inside:8080/x?a=1')).next).toBe('https://bell.example/oncall/x?a=1&page=2')
})

test('the page size is capped at 100, and said to be so', async () => {
  const many = Array.from({ length: 250 }, (_, index) => String(index))
  const page = await ask('/x?perpage=100000&page=3', many)
  expect([page.page_size, page.total_pages, page.results.length]).toEqual([100, 3, 50])
})

test('an empty list has one page', async () => {
  expect(await ask('/x', [])).toEqual({
    count: 0,
    next: null,
    previous: null,
    results: [],
    page_size: 2,
    current_page_number: 1,
    total_pages: 1,
  })
})
