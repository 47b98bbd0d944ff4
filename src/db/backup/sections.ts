import { StartFault } from '../../lib/start-fault.ts'

/**
 * The text of a backup, as `zstdcat` shows it: lines of JSON (the header first), and after a line that begins a table its rows
 * as COPY writes them, up to a line with `\.`. No row contains a line break or is that line, so the end is found without a length.
 */
export type Sections = {
  /** The next line; null at the end. */
  line(): Promise<string | null>
  /** The rows that follow the line just read; they must be taken to their end before the next line. */
  rows(): AsyncGenerator<Buffer>
}

export const rowsEnd = '\\.\n'

const lineMax = 1_048_576
const newline = 10

export function sectionsOf(chunks: AsyncIterable<Buffer>): Sections {
  const source = chunks[Symbol.asyncIterator]()
  // Of the line that was read last its line break stays, so that the end of rows is found also where there are none.
  let rest: Buffer = Buffer.from('\n')

  const more = async (): Promise<boolean> => {
    const next = await source.next()
    if (next.done === true) return false
    rest = Buffer.concat([rest, next.value])
    return true
  }

  return {
    line: async () => {
      for (let end = -1; ; ) {
        end = rest.indexOf(newline, 1)
        if (end !== -1) {
          const text = rest.toString('utf8', 1, end)
          rest = rest.subarray(end)
          return text
        }
        if (rest.length > lineMax) throw unreadable()
        if (await more()) continue
        if (rest.length > 1) throw unreadable()
        return null
      }
    },
    async *rows() {
      const mark = Buffer.from(`\n${rowsEnd}`)
      let isFirst = true
      const taken = (length: number): Buffer => {
        const rows = rest.subarray(isFirst ? 1 : 0, length)
        isFirst = false
        return rows
      }
      for (;;) {
        const end = rest.indexOf(mark)
        if (end !== -1) {
          const last = taken(end + 1)
          rest = rest.subarray(end + mark.length - 1)
          if (last.length > 0) yield last
          return
        }
        // The mark may be cut in two.
        const sure = rest.length - mark.length + 1
        if (sure > 1) {
          const rows = taken(sure)
          rest = rest.subarray(sure)
          yield rows
        }
        if (!(await more())) throw unreadable()
      }
    },
  }
}

const unreadable = (): StartFault => new StartFault('The backup cannot be read: it is not written as a backup is.')
