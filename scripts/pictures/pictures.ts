import { autumnNight, springNight } from './clock-night.ts'
import { followTheSun, followTheSunMended } from './follow-the-sun.ts'
import { levels } from './levels.ts'

/** The pictures of docs/pictures by name. What they show is what the engine answers. */
export const pictures: Readonly<Record<string, () => string>> = {
  'spring-night': springNight,
  'autumn-night': autumnNight,
  levels,
  'follow-the-sun': followTheSun,
  'follow-the-sun-mended': followTheSunMended,
}
