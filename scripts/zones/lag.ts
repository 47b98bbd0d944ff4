/** A line that warns when another version of the rules of time zones than the installed one is out; null: none is. */
export function lagOf(installed: string, newest: string): string | null {
  if (installed === newest) return null
  return `warning: moment-timezone ${newest} is out, ${installed} is installed: hand-overs follow the older rules of time zones`
}
