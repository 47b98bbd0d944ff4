/** Letters of words in title case: each that follows a letter is small, each other one large. */
export const titled = (text: string): string =>
  text.replace(/\p{Cased}\p{Cased}*/gu, (word) => {
    const [first = '', ...rest] = word
    return large(first) + rest.join('').toLowerCase()
  })

export function capitalized(text: string): string {
  const [first = '', ...rest] = text
  return large(first) + rest.join('').toLowerCase()
}

/** A letter that is two, like the German sharp s, begins with a large one and goes on with a small one. */
const large = (letter: string): string => {
  const [first = '', ...rest] = letter.toUpperCase()
  return first + rest.join('').toLowerCase()
}

export const swapped = (text: string): string =>
  text.replace(/\p{Lu}|\p{Ll}/gu, (letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()))

/** Whether there are letters, and all of them are small ones. */
export const isLower = (text: string): boolean => /\p{Lowercase}/u.test(text) && !/\p{Lu}|\p{Lt}/u.test(text)

export const isUpper = (text: string): boolean => /\p{Uppercase}/u.test(text) && !/\p{Ll}|\p{Lt}/u.test(text)

export const isTitle = (text: string): boolean => /\p{Lu}|\p{Lt}/u.test(text) && titled(text) === text

/** Texts that differ in case only have one folded form. */
export const folded = (text: string): string => text.replaceAll('ß', 'ss').toLowerCase()
