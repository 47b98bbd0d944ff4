import { isObject } from '../../src/lib/json.ts'
import type { Case } from './case.ts'
import { clockCases, type ClockVectors } from './clock-vectors.ts'
import { shiftCases, type ShiftVectors } from './shift-vectors.ts'

/** The cases of a file of vectors about schedules, of either format. */
export function scheduleCases(file: unknown): readonly Case[] {
  if (isClockVectors(file)) return clockCases(file)
  if (isShiftVectors(file)) return shiftCases(file)
  throw new Error(
    'the file is of no known format: its "format" is oncall-dst-vectors or oncall-shift-vectors, and it has "vectors"',
  )
}

const isClockVectors = (file: unknown): file is ClockVectors =>
  isObject(file) && file['format'] === 'oncall-dst-vectors' && Array.isArray(file['vectors'])

const isShiftVectors = (file: unknown): file is ShiftVectors =>
  isObject(file) && file['format'] === 'oncall-shift-vectors' && Array.isArray(file['vectors'])
