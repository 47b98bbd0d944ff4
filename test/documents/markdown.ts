/** A shell block of a document that a reader can run, and what the document says that comes back. */
export type Example = {
  readonly line: number
  readonly script: string
  readonly answer: { readonly language: 'json' | 'text'; readonly text: string } | null
}

type Block = { readonly line: number; readonly endLine: number; readonly language: string; readonly text: string }

/** The `sh` blocks of a document that call curl or set variables; a `json` or `text` block right below one is its answer. */
export function examplesOf(markdown: string): readonly Example[] {
  const blocks = blocksOf(markdown)
  return blocks.flatMap((block, index) => {
    if (block.language !== 'sh' || !isRunnable(block.text)) return []
    const next = blocks[index + 1]
    const isBelow = next !== undefined && next.line <= block.endLine + 2
    return [{ line: block.line, script: block.text, answer: isBelow ? answerIn(next) : null }]
  })
}

/** What the blocks of a language say, in their order. */
export const blocksIn = (markdown: string, language: string): readonly string[] =>
  blocksOf(markdown).flatMap((block) => (block.language === language ? [block.text] : []))

/** The places that a document links to, without those of other sites and of itself. */
export function linksOf(markdown: string): readonly string[] {
  const targets = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => !/^(?:https?:|#)/.test(target)).map((target) => target.replace(/#.*$/, ''))
}

const isRunnable = (script: string): boolean => /^curl /m.test(script) || /^(?:\w+=\S*(?: +#.*)?\n)+$/.test(script)

function answerIn({ language, text }: Block): Example['answer'] {
  return language === 'json' || language === 'text' ? { language, text } : null
}

function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { readonly line: number; readonly language: string; readonly lines: string[] } | null = null
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(text)
    if (open === null) open = fence === null ? null : { line: index + 1, language: fence[1] ?? '', lines: [] }
    else if (fence === null) open.lines.push(text)
    else {
      const { line, language, lines } = open
      blocks.push({ line, endLine: index + 1, language, text: `${lines.join('\n')}\n` })
      open = null
    }
  }
  return blocks
}
