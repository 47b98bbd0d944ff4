import { type Instant, instant } from '../src/lib/time.ts'

/** A night in which clocks are changed. */
export type Night = {
  readonly name: string
  /** The virtual time at which its seeds begin, half an hour before the first of the changes. */
  readonly startAt: Instant
  /** Whose clocks are changed within the hours after that, and one whose never is. */
  readonly zones: readonly [string, ...string[]]
}

const american: Night['zones'] = [
  'America/St_Johns',
  'America/Havana',
  'America/Halifax',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
]

export const nights: readonly [Night, ...Night[]] = [
  { name: 'american_spring', startAt: instant(Date.UTC(2026, 2, 8, 4, 30)), zones: [...american, 'Asia/Kolkata'] },
  {
    name: 'european_spring',
    startAt: instant(Date.UTC(2026, 2, 29, 0, 30)),
    zones: ['Europe/London', 'Europe/Berlin', 'Europe/Helsinki', 'Atlantic/Azores', 'Antarctica/Troll', 'UTC'],
  },
  {
    name: 'southern_autumn',
    startAt: instant(Date.UTC(2026, 3, 4, 13, 30)),
    zones: ['Pacific/Auckland', 'Pacific/Chatham', 'Australia/Lord_Howe', 'Australia/Sydney', 'Australia/Adelaide', 'Asia/Tokyo'],
  },
  { name: 'american_autumn', startAt: instant(Date.UTC(2026, 10, 1, 4)), zones: [...american, 'Asia/Kathmandu'] },
]
