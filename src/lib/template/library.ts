import { securityFault } from '../jinja/fault.ts'
import { standardLibrary } from '../jinja/library.ts'
import { functionValue } from '../jinja/member.ts'
import type { Library, Value } from '../jinja/value.ts'
import { jsonFilters } from './json-filters.ts'
import { moment } from './moment.ts'
import { regexFilters } from './regex-filters.ts'
import { timeFilters } from './time-filters.ts'

const time: Value = functionValue({
  text: '<function time>',
  work: (_given, { now }) => moment(now, { offsetSeconds: 0, name: 'UTC' }),
})

const range: Value = functionValue({
  text: '<function range>',
  work: () => {
    throw securityFault("use of 'range' is restricted")
  },
})

/** What templates of Grafana OnCall have: Jinja2's own, and what contract grafana-oncall 3.4 adds. */
export const templateLibrary: Library = {
  filters: new Map([...standardLibrary.filters, ...timeFilters, ...regexFilters, ...jsonFilters]),
  tests: standardLibrary.tests,
  globals: new Map<string, Value>([...standardLibrary.globals, ['time', time], ['range', range]]),
}
