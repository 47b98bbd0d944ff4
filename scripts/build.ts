import { cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, runTool } from './tool.ts'

/**
 * Makes `dist/` anew, which is what the package runs: all that `src/main.ts` imports as plain JavaScript, and the files of `src/`
 * that are no code. A checkout never runs it: there the sources are newer.
 */
async function main(): Promise<void> {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const { code } = await runTool('typescript/bin/tsc', ['--project', 'tsconfig.build.json'], 'shown')
  for (const file of globSync('**/*.*', { cwd: join(root, 'src'), exclude: ['**/*.ts'] }))
    cpSync(join(root, 'src', file), join(root, 'dist', file))
  process.exitCode = code
}

await main()
