import * as store from './presence-store.ts'

/** Changes of presence that the schedules of the shards have not heard of yet, oldest first; taking them ends that. */
export const pendingPresence = store.pendingPresence
export const takePresence = store.markPresenceTaken

export const presenceChangesAfter = store.presenceChangesAfter
