/** PostgreSQL is not there, is starting or stopping, has no connection left, or is the wrong half of a failover. */
const states = new Set(['57P01', '57P02', '57P03', '53300', '25006'])
const socketFaults = new Set(['ECONNRESET', 'EPIPE'])

/** node-postgres gives these no code. */
const words =
  /^(?:Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error)/

/** Whether a fault says that the database cannot be reached now, so that the same request may work later. */
export function databaseIsUnreachable(fault: unknown): boolean {
  if (!(fault instanceof Error)) return false
  const code = 'code' in fault && typeof fault.code === 'string' ? fault.code : ''
  if (states.has(code) || /^08[0-9A-Z]{3}$/.test(code) || socketFaults.has(code)) return true
  // `localhost` has several addresses, and the fault of each is inside.
  if (fault instanceof AggregateError) return fault.errors.some(databaseIsUnreachable)
  return ('syscall' in fault && (fault.syscall === 'connect' || fault.syscall === 'getaddrinfo')) || words.test(fault.message)
}

/** Whether PostgreSQL gave up what took too long: a wait for a lock (55P03), or a statement (57014). The same may work later. */
export function databaseIsTooSlow(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && (fault.code === '55P03' || fault.code === '57014')
}

/** Whether PostgreSQL has no room left on its disk. The same may work later. */
export function databaseIsFull(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && fault.code === '53100'
}

/** Whether nothing that could be asked of the database would work now, so that it is no fault of what was asked. */
export const databaseIsDown = (fault: unknown): boolean => databaseIsUnreachable(fault) || databaseIsFull(fault)

/** Whether PostgreSQL refused a text because it has a zero byte in it (22021, and 22P05 inside JSON). */
export function hasZeroByte(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && (fault.code === '22021' || fault.code === '22P05')
}
