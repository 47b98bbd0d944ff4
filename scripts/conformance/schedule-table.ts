import type { Case } from './case.ts'

/** What the tags of vectors are about, in the words of docs/schedules.md. */
const themes: readonly (readonly [theme: string, tags: readonly string[]])[] = [
  ['An hour is skipped', ['dst-gap', 'handoff-in-gap', 'restriction-in-gap']],
  ['An hour comes twice', ['dst-overlap', 'handoff-in-overlap', 'restriction-in-overlap']],
  ['The clock is changed at midnight or in the evening', ['midnight-transition', 'evening-transition']],
  ['The clock is changed by half an hour or by two', ['half-hour-dst', 'two-hour-dst']],
  ['A whole day is skipped', ['skipped-day']],
  ['The clock is changed for Ramadan', ['ramadan']],
  ['A country changed its rules', ['tzdb-change', 'dst-abolished']],
  ['Two zones change on different days', ['cross-zone-dst-mismatch']],
  [
    'Clocks that are never changed, odd distances to UTC, old names of zones',
    ['baseline', 'no-dst', 'fixed-offset', 'half-hour-offset', 'quarter-hour-offset', 'tz-alias'],
  ],
  ['Turns of hours, and turns without any length', ['hourly', 'elapsed', 'zero-length-turn', 'long-lived']],
  ['Turns of weeks', ['week-boundary', 'iso-week']],
  ['Turns of months, and their ends', ['month-end', 'leap']],
  ['Hours of the week', ['restriction', 'restriction-midnight', 'restriction-multi-day', 'turn-consumption']],
  [
    'Where a layer or the answer begins and ends',
    ['future-start', 'truncated-first-turn', 'layer-end', 'effective-dated', 'half-open'],
  ],
  ['Levels, and people who are passed over', ['layer-precedence', 'FIN']],
  ['Overrides', ['override', 'overlapping-overrides', 'replace-user', 'add', 'fixed-schedule']],
  ['Swaps', ['SWAP']],
  ['Nobody', ['zero-users', 'gap-detection']],
  ['`rolling_users`', ['ROT']],
  ['On-call shifts in nights in which the clock is changed', ['DST']],
]

/** How many cases there are of each theme, and how many of them are passed, as a table in Markdown. A case can have several themes. */
export function scheduleTable(cases: readonly Case[], hasPassed: (one: Case) => boolean): string {
  const strays = cases.filter(({ tags }) => !tags.some((tag) => themes.some(([, known]) => known.includes(tag))))
  if (strays.length > 0) throw new Error(`no theme of the table has the tags of ${strays.map(({ id }) => id).join(', ')}`)
  const row = (theme: string, counted: readonly Case[]): string =>
    `| ${theme} | ${counted.length} | ${counted.filter(hasPassed).length} |`
  const rows = themes.map(([theme, tags]) =>
    row(
      theme,
      cases.filter((one) => one.tags.some((tag) => tags.includes(tag))),
    ),
  )
  return ['| what | cases | passed |', '| --- | ---: | ---: |', ...rows, row('all of them, each counted once', cases)].join('\n')
}
