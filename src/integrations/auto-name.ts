import { integrationTypes, type IntegrationType } from './integration.ts'

const emojis = (
  'anchor bell bird blossom boat bulb cactus cat cherry_blossom cloud comet compass coral crab dolphin eagle fire ' +
  'fish four_leaf_clover fox_face gem globe_with_meridians herb kite lizard maple_leaf moon mushroom octopus ' +
  'otter owl palm_tree penguin rainbow rocket sailboat seal seedling shell snowflake sparkles star sun_with_face ' +
  'sunflower telescope tulip turtle whale'
).split(' ')

/** The names that an integration without a name may get, in an order of its own (`Webhook :anchor:`, contract grafana-oncall 4.6). */
export function autoNames(type: IntegrationType, bytes: (count: number) => Uint8Array): readonly string[] {
  const [start = 0] = bytes(1)
  return emojis.map((_, index) => `${integrationTypes[type].title} :${emojis[(start + index) % emojis.length]}:`)
}
