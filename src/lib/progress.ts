/** How far a long piece of work has come with one of its parts, in rows and bytes; the count is null until the part is done. */
export type PartProgress = { readonly part: string; readonly count: number | null; readonly bytes: number }

type Screen = { readonly isTTY?: boolean; write(text: string): unknown }

/**
 * Shows a line for each part when it is done, with its count; parts of nothing are passed over. On a terminal the line of the
 * part under way grows.
 */
export function progressOn(screen: Screen): (progress: PartProgress) => void {
  const eraseLine = '\r\u001B[K'
  return ({ part, count, bytes }) => {
    const clear = screen.isTTY === true ? eraseLine : ''
    if (count !== null) screen.write(count === 0 ? clear : `${clear}${part}: ${shownCount(count, 'row')}\n`)
    else if (screen.isTTY === true) screen.write(`${clear}${part}: ${shownBytes(bytes)}`)
  }
}

/** `1,234,567 rows`, `1 row`; the plural is for nouns that need more than an s. */
export const shownCount = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? noun : plural}`

/** `12.3 MB`, in powers of a thousand. */
export function shownBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
  const value = bytes / 1000 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`
}
