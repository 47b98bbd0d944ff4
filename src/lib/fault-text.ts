/** What the log says of a fault, whatever was thrown: the stack where there is one. */
export function faultText(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
}
