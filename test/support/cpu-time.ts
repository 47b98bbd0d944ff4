/**
 * The milliseconds that this thread computes for the work, to some hundredths of a second. Unlike time on a clock, they
 * hardly grow on a machine with much else to do.
 */
export function cpuMsOf(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
