/** Whether a form has more fields than that. Reads no further than it must, since millions of fields take minutes to parse. */
export function hasMoreFields(form: string, countMax: number): boolean {
  let position = -1
  for (let count = 0; count < countMax; count += 1) {
    position = form.indexOf('&', position + 1)
    if (position < 0) return false
  }
  return true
}
