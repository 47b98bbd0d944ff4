import { needsEscapes, withMarks, withoutMarks } from './marks.ts'

/** A text that is more than data, which a `string` is. */
export type Text = {
  readonly kind: 'text'
  readonly text: string
  /** The same with what the template itself has written marked (marks.ts). */
  readonly marked: string
  /** All of it is the template's own. */
  readonly isWhole: boolean
  readonly isHtml: boolean
}

/** A text that is put together of what the template has written and what data say. */
export const markedText = (marked: string, isHtml: boolean): Text => new LazyText({ text: null, marked }, isHtml)

/** A text that is the template's own from end to end. */
export const wholeText = (text: string, isHtml: boolean): Text => new LazyText({ text, marked: null }, isHtml)

/** A text that the template itself has written. */
export const ownText = (text: string): string | Text => (needsEscapes(text) ? wholeText(text, false) : text)

// A class, as in lazy.ts: most texts are only read as they are, or only joined with others, so that one form of each is never made.

class LazyText {
  readonly kind = 'text'
  readonly isHtml: boolean
  readonly isWhole: boolean
  #text: string | null
  #marked: string | null
  constructor({ text, marked }: { readonly text: string | null; readonly marked: string | null }, isHtml: boolean) {
    this.isHtml = isHtml
    this.isWhole = marked === null
    this.#text = text
    this.#marked = marked
  }
  get text(): string {
    return (this.#text ??= withoutMarks(this.#marked ?? ''))
  }
  get marked(): string {
    return (this.#marked ??= withMarks(this.#text ?? ''))
  }
}
