import { databaseIsDown } from './database-fault.ts'

type Acts<Part> = {
  /** Does parts in one transaction. */
  readonly act: (parts: readonly Part[]) => Promise<void>
  /** What is to become of a part that cannot be done even alone. */
  readonly putOff: (part: Part, fault: unknown) => Promise<void>
}

/**
 * Does parts together, and each alone where that does not work, so that a broken one holds up no other. It throws when the
 * database is down, since then no part is broken.
 */
export async function togetherOrAlone<Part>(parts: readonly Part[], acts: Acts<Part>): Promise<void> {
  const [first, ...others] = parts
  if (first === undefined) return
  try {
    await acts.act(parts)
  } catch (fault) {
    if (databaseIsDown(fault)) throw fault
    if (others.length === 0) return acts.putOff(first, fault)
    for (const part of parts) await togetherOrAlone([part], acts)
  }
}
