import { type Static, type TSchema, Type } from 'typebox'
import type { Listing } from '../lib/listing.ts'

export type Page<Item> = {
  readonly count: number
  readonly next: string | null
  readonly previous: string | null
  readonly results: Item[]
  readonly page_size: number
  readonly current_page_number: number
  readonly total_pages: number
}

/** `perpage` beyond this counts as this. */
const pageSizeMax = 100

/** The query parameters of every list. They take anything: what is no number from 1 counts as not given. */
export const pageQuery = {
  page: Type.Optional(
    Type.Unsafe<unknown>({ description: 'Number of the page, from 1. A page beyond the end is the last page.' }),
  ),
  perpage: Type.Optional(Type.Unsafe<unknown>({ description: `Items per page, at most ${pageSizeMax}.` })),
}

/** The schema of a page of items (contract grafana-oncall 1.5); the order of the keys is the contract's. */
export function pageOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    count: Type.Integer(),
    next: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    previous: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    results: Type.Unsafe<Static<Item>[]>({ type: 'array', items: item }),
    page_size: Type.Integer(),
    current_page_number: Type.Integer(),
    total_pages: Type.Integer(),
  })
}

type PageRequest = { readonly url: string; readonly server: { readonly baseUrl: string } }
type PageOptions<Row, Item> = { readonly pageSize: number; readonly listing: Listing<Row>; readonly show: (row: Row) => Item }

/** Answers the page that a request asks for. `pageSize` is the resource's default. */
export async function paginate<Row, Item>(
  request: PageRequest,
  { pageSize, listing, show }: PageOptions<Row, Item>,
): Promise<Page<Item>> {
  const { path, search } = pathAndSearch(request.url)
  const query = new URLSearchParams(search)
  const size = Math.min(countingNumber(query.getAll('perpage').at(-1)) ?? pageSize, pageSizeMax)
  const count = await listing.count()
  const pages = Math.max(1, Math.ceil(count / size))
  const page = Math.min(countingNumber(query.getAll('page').at(-1)) ?? 1, pages)
  const rows = await listing.items({ limit: size, offset: (page - 1) * size })
  const url = request.server.baseUrl + path
  return {
    count,
    next: page < pages ? pageUrl(url, query, page + 1) : null,
    previous: page > 1 ? pageUrl(url, query, page - 1) : null,
    results: rows.map(show),
    page_size: size,
    current_page_number: page,
    total_pages: pages,
  }
}

/** Of a request line's target, which proxies may write with the host in front (RFC 9112, 3.2.2). */
function pathAndSearch(url: string): { readonly path: string; readonly search: string } {
  const target = url.replace(/^https?:\/\/[^/?]*/i, '')
  const mark = target.indexOf('?')
  return mark < 0 ? { path: target, search: '' } : { path: target.slice(0, mark), search: target.slice(mark + 1) }
}

function countingNumber(text: string | undefined): number | null {
  return text !== undefined && /^\s*\+?0*[1-9]\d*\s*$/.test(text) ? Number(text) : null
}

/** Keeps the other parameters, in the order of their names; the first page has no number. */
function pageUrl(url: string, query: URLSearchParams, page: number): string {
  const changed = new URLSearchParams(query)
  changed.delete('page')
  if (page > 1) changed.set('page', String(page))
  changed.sort()
  return changed.size === 0 ? url : `${url}?${changed.toString()}`
}
