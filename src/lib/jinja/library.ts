import { globals } from './globals.ts'
import { htmlFilters } from './html-filters.ts'
import { listFilters } from './list-filters.ts'
import { numberFilters } from './number-filters.ts'
import { selectFilters } from './select-filters.ts'
import { tests } from './tests.ts'
import { textFilters } from './text-filters.ts'
import type { Library } from './value.ts'

/** The filters, tests and globals of Jinja2, but for `range`: who uses this says what it may do. */
export const standardLibrary: Library = {
  filters: new Map([...textFilters, ...listFilters, ...selectFilters, ...numberFilters, ...htmlFilters]),
  tests,
  globals,
}
