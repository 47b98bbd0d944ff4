import { expect, it } from 'vitest'
import { deliveryTo } from '../../test/support/held-delivery.ts'
import { organizationId, owingWorlds } from '../../test/support/owed-deliveries.ts'
import type { Concluded } from './conclusion.ts'
import { newFinisher, type Written } from './finish-loop.ts'

const outcome = (id: number): Concluded => ({
  delivery: deliveryTo('00000000-0000-0000-0000-000000000001', id, { organizationId }),
  verdict: { kind: 'success' },
  attempt: null,
  sign: null,
  pause: null,
})

const newWorld = owingWorlds()

it.each([
  ['away', 'ECONNRESET'],
  ['full', '53100'],
])(
  'what became of deliveries is written in the order in which it was heard, also after the database was %s',
  async (_state, code) => {
    const { ports } = await newWorld()
    let isAway = true
    const tx: typeof ports.db.tx = async (name, work) => {
      if (isAway) throw Object.assign(new Error('not now'), { code })
      return ports.db.tx(name, work)
    }
    const wait = async () => {
      isAway = false
    }
    const written: number[] = []
    const note = ({ batch }: Written) => void written.push(...batch.map(({ delivery }) => delivery.id))
    const finisher = newFinisher({ ...ports, db: { ...ports.db, tx }, clock: { ...ports.clock, wait } }, note)
    const ids = Array.from({ length: 600 }, (_, id) => id)
    for (const id of ids) finisher.add(outcome(id))
    await finisher.idle()
    expect(written).toEqual(ids)
  },
)
