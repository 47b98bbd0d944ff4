export type Report = {
  /** Prints a line for a promise, and what breaks it. */
  add(promise: string, broken: readonly string[]): void
  passed(): number
  failed(): number
}

export function newReport(): Report {
  let passed = 0
  let failed = 0
  return {
    add: (promise, broken) => {
      if (broken.length === 0) passed += 1
      else failed += 1
      print(`${broken.length === 0 ? 'passed' : 'FAILED'}  ${promise}`)
      for (const line of broken.slice(0, 10)) print(`        ${line}`)
      if (broken.length > 10) print(`        and ${broken.length - 10} more`)
    },
    passed: () => passed,
    failed: () => failed,
  }
}

export const print = (line: string): void => void process.stdout.write(`${line}\n`)
