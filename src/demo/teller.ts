import type { Ms } from '../lib/time.ts'
import { oneLine } from '../notifications/text.ts'

/** Where the demo speaks: a terminal, or whatever stands in its place. */
export type Screen = {
  write(text: string): void
  /** The text in this style where the screen shows styles, else as it is. */
  paint(style: Style, text: string): string
}

type Style = 'bold' | 'dim' | 'yellow' | 'cyan' | 'green' | 'magenta'

/** Somebody who acts in the story. */
export type Actor = { readonly name: string; readonly style: Style }

export const watchbell: Actor = { name: 'Watchbell', style: 'cyan' }

/** Tells the story: one line for each thing that happens, with the seconds since the start and who did it. */
export type Teller = {
  heading(text: string): void
  line(actor: Actor, text: string): void
  /** Lines that belong to the one above. */
  details(lines: readonly string[]): void
  /** Lines from the margin, as they are. */
  block(lines: readonly string[]): void
}

const nameWidth = 12
const margin = ' '.repeat(2)
/** Where what happens begins, right of the time and the name. */
const indent = ' '.repeat(margin.length + '123.4 s'.length + 2 + nameWidth + 1)

export function makeTeller({ write, paint }: Screen, elapsed: () => Ms): Teller {
  const time = (): string => `${(elapsed() / 1000).toFixed(1)} s`.padStart('123.4 s'.length)
  return {
    heading: (text) => write(`\n${paint('bold', text)}\n`),
    line: ({ name, style }, text) =>
      write(`${margin}${paint('dim', time())}  ${paint(style, name.padEnd(nameWidth))} ${oneLine(text)}\n`),
    details: (lines) => write(lines.map((line) => `${indent}${paint('dim', line)}\n`).join('')),
    block: (lines) => write(lines.map((line) => `${line}\n`).join('')),
  }
}
