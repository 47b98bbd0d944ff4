export type Answer = { readonly status: number; readonly text: string }

const silent = new Set(['-s', '-S', '-sS', '-f', '-fsS'])

/** Does what curl would do with these words, of which the first is `curl`. An option that it does not know is a fault. */
export async function curl(words: readonly string[]): Promise<Answer> {
  const [program, ...rest] = words
  if (program !== 'curl') throw new Error(`only curl can be run here, not ${String(program)}`)
  const headers = new Headers()
  const places: string[] = []
  let method: string | null = null
  let body: string | null = null
  for (let index = 0; index < rest.length; index += 1) {
    const word = rest[index] ?? ''
    if (silent.has(word)) continue
    if (!word.startsWith('-')) {
      places.push(word)
      continue
    }
    const value = rest[(index += 1)]
    if (value === undefined) throw new Error(`curl ${word} needs a value`)
    if (word === '-X' || word === '--request') method = value
    else if (word === '-d' || word === '--data' || word === '--data-binary') body = value
    else if (word === '-H' || word === '--header')
      headers.append(value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1).trim())
    else throw new Error(`curl ${word} is not known here`)
  }
  const [url, ...others] = places
  if (url === undefined || others.length > 0) throw new Error(`curl takes one URL, not ${places.length}`)
  if (body !== null && !headers.has('content-type')) headers.set('content-type', 'application/x-www-form-urlencoded')
  method ??= body === null ? 'GET' : 'POST'
  const answer = await fetch(url, { method, headers, body, redirect: 'manual' })
  return { status: answer.status, text: await answer.text() }
}
