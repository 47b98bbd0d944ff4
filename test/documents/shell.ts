/** Variables of the shell, by name. */
export type Variables = Map<string, string>

/**
 * The commands of a script as lists of words, with quotes, `$NAME` and `\` at the end of a line as a shell reads them, and
 * nothing else of a shell. Assignments go to the variables as they come. So the examples need neither a shell nor curl.
 */
export function* commandsOf(script: string, variables: Variables): Generator<readonly string[]> {
  for (const line of script.replaceAll('\\\n', ' ').split(/\n(?=(?:[^']*'[^']*')*[^']*$)/)) {
    const words = wordsOf(line, variables)
    const [first = ''] = words
    const assignment = /^(\w+)=(.*)$/s.exec(first)
    if (assignment !== null && words.length === 1) variables.set(assignment[1] ?? '', assignment[2] ?? '')
    else if (words.length > 0) yield words
  }
}

/** A word is a row of quoted and bare parts; `#` begins a comment. */
function wordsOf(line: string, variables: Variables): readonly string[] {
  const words: string[] = []
  for (const [written] of line.matchAll(/#.*|(?:'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"])+/gs)) {
    if (written.startsWith('#')) break
    words.push(
      written.replaceAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|([^'"]+)/gs, (_, single, double, bare) => {
        if (single !== undefined) return single
        return expanded(double === undefined ? bare : double.replaceAll(/\\(["\\$])/g, '$1'), variables)
      }),
    )
  }
  return words
}

function expanded(text: string, variables: Variables): string {
  return text.replaceAll(/\$(?:(\w+)|\{(\w+)\})/g, (_, plain, braced) => {
    const name = plain ?? braced
    const value = variables.get(name)
    if (value === undefined) throw new Error(`the variable ${name} is not set`)
    return value
  })
}
