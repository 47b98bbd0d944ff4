import { framed, headingHtml, noteHtml, paragraphHtml } from './frame.ts'
import type { PageText } from './message.ts'
import { cut, oneLine, paragraphs } from './text.ts'

/** An e-mail that tells something and wants no answer. */
export type Letter = {
  readonly title: string
  /** Blocks of lines. */
  readonly blocks: readonly string[]
  /** Why the person gets it, and what to do about that. */
  readonly note: string
}

const titleLengthMax = 150

/** Writes a letter, as text and as HTML. What it says may be foreign: names of schedules and people. */
export function writeLetter({ title, blocks, note }: Letter): PageText {
  const heading = cut(oneLine(title), titleLengthMax)
  const shown = blocks.map(paragraphs)
  return {
    subjectLine: heading,
    text: `${[heading, ...shown, note].join('\n\n')}\n`,
    html: framed(heading, [headingHtml(heading), ...shown.map(paragraphHtml), noteHtml(note)]),
  }
}
