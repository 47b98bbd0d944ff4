import { vi } from 'vitest'
import { type Answer, curl } from './curl.ts'
import { likeness, type Names, renamed } from './likeness.ts'
import { type Example, examplesOf } from './markdown.ts'
import { commandsOf, type Variables } from './shell.ts'

type Document = { readonly path: string; readonly text: string }

type Reader = {
  /** The address of the server and a token, as a reader puts them into the shell first. */
  readonly variables: Variables
  readonly names: Names
  /** The files in the directory of the reader's receiver. */
  readonly files: Set<string>
}

/** Does what a document says, from its first example to its last, and tells what its names are called here. */
export async function runDocument({ path, text }: Document, reader: Reader): Promise<Names> {
  let names = reader.names
  for (const example of examplesOf(text)) names = await run(example, { ...reader, names, path })
  return names
}

type Run = Reader & { readonly path: string }

/** Runs the commands of an example; the answer to the last one must be like the one that the document shows. */
async function run({ line, script, answer: shown }: Example, { variables, names, files, path }: Run): Promise<Names> {
  const place = `${path}, line ${line}`
  let learned = names
  const commands = [...commandsOf(renamed(script, names), variables)]
  for (const [index, words] of commands.entries()) {
    if (changesFiles(files, words)) continue
    const expected = index === commands.length - 1 ? shown : null
    const ask = async (): Promise<void> => void (learned = judged(expected, await curl(words), { names, place }))
    // What is read may take a moment to become true; what is written is written once.
    const writes = words.includes('-d') || words.includes('--data-binary') || words.includes('-X')
    await (writes ? ask() : vi.waitFor(ask, { timeout: 60_000, interval: 50 }))
  }
  return learned
}

/** `touch FILE` and `rm FILE`. */
function changesFiles(files: Set<string>, [program, file = '']: readonly string[]): boolean {
  if (program === 'touch') files.add(file)
  else if (program === 'rm') files.delete(file)
  else return false
  return true
}

function judged(shown: Example['answer'], { status, text }: Answer, { names, place }: { names: Names; place: string }): Names {
  if (shown === null) {
    if (status >= 400) throw new Error(`${place}: ${status} ${text}`)
    return names
  }
  const pair = shown.language === 'json' ? [JSON.parse(shown.text), JSON.parse(text)] : [shown.text.trim(), text.trim()]
  const learned = likeness(pair[0], pair[1], names)
  if (learned === null) throw new Error(`${place}: the answer is not as shown:\n${text}`)
  return learned
}

/** Fills in the form behind the set-up link, as a person would, and takes the token from the page. */
export async function setUp(link: string | null): Promise<string> {
  const form = new URLSearchParams({ name: 'Acme', email: 'ada@example.com' })
  const page = await fetch(link ?? '', { method: 'POST', body: form })
  return /<pre>([0-9a-f]{64})<\/pre>/.exec(await page.text())?.[1] ?? ''
}
