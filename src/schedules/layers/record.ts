import { impossible } from '../../lib/check.ts'
import type { Restriction, TimeOfDay, Turn } from '../engine/schedule.ts'
import type { LayerFields } from './layer.ts'
import { formatLocalTime, localTime } from '../local-time.ts'

/** A layer as it is stored, shown and sent: `parseLayer` reads it back. Layers that say the same have the same JSON text. */
export const layerRecord = (layer: LayerFields) => ({
  name: layer.name,
  level: layer.level,
  time_zone: layer.timeZone,
  start: formatLocalTime(layer.startLocal),
  until: layer.untilLocal === null ? null : formatLocalTime(layer.untilLocal),
  turn: turnRecord(layer.turn),
  groups: layer.groups.map((group) => (group.length === 0 ? null : [...group])),
  first_group: layer.firstGroup,
  restrictions: layer.restrictions.map(restrictionRecord),
  turn_consumption: layer.consumption,
})

function turnRecord(turn: Turn) {
  const { unit, length } = turn
  switch (unit) {
    case 'elapsed':
      return { unit, length: length / 1000 }
    case 'hours':
    case 'days':
      return { unit, length, handover: timeText(turn.handover) }
    case 'weeks':
      return { unit, length, handover: timeText(turn.handover), weekday: turn.weekday }
    case 'months':
      return { unit, length, handover: timeText(turn.handover), monthday: turn.monthday }
    default:
      return impossible(unit)
  }
}

function restrictionRecord(restriction: Restriction) {
  const [start, end] = [timeText(restriction.start), timeText(restriction.end)]
  return 'days' in restriction
    ? { days: [...restriction.days], start, end }
    : { start_day: restriction.startDay, start, end_day: restriction.endDay, end }
}

const timeText = (time: TimeOfDay): string => formatLocalTime(localTime(time)).slice(11)
