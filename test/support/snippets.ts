import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a snippet is asked: whether the request is from who has the key. */
export type Question = {
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type Command = readonly [program: string, ...words: readonly string[]]

/** How a language runs a snippet that defines one function: a program around it reads questions and writes a list of answers. */
type Runner = {
  /** Ends well where the language is at hand. */
  readonly probe: Command
  readonly files: (snippet: string) => Readonly<Record<string, string>>
  readonly build?: Command
  readonly run: Command
}

const runners = {
  node: {
    probe: [process.execPath, '--version'],
    run: [process.execPath, 'main.mjs'],
    files: (snippet) => ({
      'snippet.mjs': snippet,
      'main.mjs': `import { isGenuine } from './snippet.mjs'
const questions = JSON.parse(await new Response(process.stdin).text())
console.log(JSON.stringify(questions.map(({ key, headers, body }) => isGenuine(key, headers, Buffer.from(body)))))`,
    }),
  },
  python: {
    probe: ['python3', '--version'],
    run: ['python3', 'main.py'],
    files: (snippet) => ({
      'snippet.py': snippet,
      'main.py': `import json, sys
from snippet import is_genuine
questions = json.loads(sys.stdin.buffer.read())
print(json.dumps([is_genuine(one["key"], one["headers"], one["body"].encode()) for one in questions]))`,
    }),
  },
  go: {
    probe: ['go', 'version'],
    build: ['go', 'build', '-o', 'main', 'main.go', 'snippet.go'],
    run: ['./main'],
    files: (snippet) => ({
      'snippet.go': snippet,
      'main.go': `package main

import (
	"encoding/json"
	"os"
)

func main() {
	var questions []struct {
		Key, Body string
		Headers   map[string]string
	}
	json.NewDecoder(os.Stdin).Decode(&questions)
	answers := []bool{}
	for _, one := range questions {
		header := func(name string) string { return one.Headers[name] }
		answers = append(answers, isGenuine(one.Key, header, []byte(one.Body)))
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}
`,
    }),
  },
} as const satisfies Record<string, Runner>

export type SnippetLanguage = keyof typeof runners

/** Whether this machine can run snippets of the language. */
export const isAtHand = (language: SnippetLanguage): Promise<boolean> =>
  outputOf(runners[language].probe, { cwd: tmpdir(), input: '' }).then(
    () => true,
    () => false,
  )

/** What the snippet answers. The questions are made when the program stands, since they age. */
export async function answersOf(
  language: SnippetLanguage,
  snippet: string,
  questions: () => Promise<readonly Question[]>,
): Promise<readonly boolean[]> {
  const { files, build, run }: Runner = runners[language]
  const cwd = mkdtempSync(join(tmpdir(), 'watchbell-snippet-'))
  try {
    for (const [name, text] of Object.entries(files(snippet))) writeFileSync(join(cwd, name), text)
    if (build !== undefined) await outputOf(build, { cwd, input: '' })
    return JSON.parse(await outputOf(run, { cwd, input: JSON.stringify(await questions()) }))
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

function outputOf([program, ...words]: Command, { cwd, input }: { cwd: string; input: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { cwd }, (fault, stdout, stderr) =>
      fault === null ? resolve(stdout) : reject(new Error(`${fault.message}\n${stderr}`)),
    )
    child.stdin?.end(input)
  })
}
