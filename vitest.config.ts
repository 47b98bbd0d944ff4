import { defineConfig } from 'vitest/config'

const onDatabase = [
  'src/db/*.test.ts',
  'src/db/backup/*.test.ts',
  'src/*/**/{commands,store,loop,routes}.test.ts',
  'src/*/**/*-{commands,store,loop,routes}.test.ts',
  'test/**/*.test.ts',
]
const onProcesses = ['src/demo/run.test.ts', 'src/db/embedded/**/*.test.ts', 'src/lib/node/**/*.test.ts', 'scripts/**/*.test.ts']
const onDebian = ['test/debian/**/*.test.ts']

export default defineConfig(() => {
  if (Number(process.versions.node.split('.')[0]) < 24) {
    throw new Error(`The tests need Node 24 or newer; this is ${process.versions.node}. Run them with "npm test".`)
  }
  return {
    test: {
      maxWorkers: '100%',
      // Against hanging, not for speed: the machine may be a slow one, and busy. So no test has a shorter one.
      testTimeout: 180_000,
      hookTimeout: 180_000,
      expect: { poll: { timeout: 60_000, interval: 20 } },
      coverage: { include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
      projects: [
        // Pure code shares one environment: setting up a new one per file would take longer than the tests.
        {
          extends: true,
          test: {
            name: 'unit',
            include: ['src/**/*.test.ts', 'sim/**/*.test.ts', 'bench/**/*.test.ts'],
            exclude: [...onDatabase, ...onProcesses],
            isolate: false,
            setupFiles: ['test/support/fixed-cases.ts'],
          },
        },
        { extends: true, test: { name: 'processes', include: onProcesses } },
        {
          extends: true,
          test: { name: 'database', include: onDatabase, exclude: onDebian, globalSetup: 'test/support/global-setup.ts' },
        },
        // Needs programs of the operating system, so it runs only when it is asked for: `npm test -- --project debian`.
        {
          extends: true,
          test: { name: 'debian', include: onDebian, globalSetup: 'test/support/global-setup.ts', testTimeout: 120_000 },
        },
      ],
    },
  }
})
