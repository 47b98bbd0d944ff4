import { defineConfig } from 'oxlint'
import { ambientFiles } from './scripts/layers.ts'

const tests = ['test/**', '**/*.test.ts']
const workshop = ['sim/**', 'bench/**', 'scripts/**', '*.config.ts']

/** Files that brand plain values or take what the database driver says: the only ones that may tell the compiler a type. */
const casting = ['src/lib/ids.ts', 'src/lib/time.ts', 'src/db/*.ts', 'src/**/store.ts', 'src/**/*-store.ts']

const ambientGlobals = [
  'process',
  'performance',
  'crypto',
  'fetch',
  'WebSocket',
  'EventSource',
  'XMLHttpRequest',
  'navigator',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
]

const ban = (names: readonly string[]): ['error', { globals: { name: string; message: string }[]; checkGlobalObject: true }] => [
  'error',
  { globals: names.map((name) => ({ name, message: 'The world comes in through src/ports.ts.' })), checkGlobalObject: true },
]

/**
 * A later override replaces a rule of an earlier one as a whole, so each rule is set for files that no other override
 * gives the same rule. Which file may import which is in scripts/layers.ts. The linter's tests plant a violation of each rule.
 */
export default defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'node', 'vitest'],
  jsPlugins: ['./scripts/lint-plugin.ts'],
  options: { typeAware: true, reportUnusedDisableDirectives: 'error', denyWarnings: true },
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['dist/**', 'coverage/**', 'data/**', 'src/db/schema.ts'],
  rules: {
    'watchbell/layers': 'error',
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-default-export': 'error',
    'max-lines': ['error', { max: 500 }],
    'no-console': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    eqeqeq: 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/no-deprecated': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/only-throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/return-await': ['error', 'in-try-catch'],
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/prefer-readonly': 'error',
    'vitest/no-focused-tests': 'error',
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
    // Texts from outside hold control characters, and patterns name them.
    'no-control-regex': 'off',
    // They do not see what closures and callbacks do.
    'no-unmodified-loop-condition': 'off',
    'unicorn/consistent-function-scoping': 'off',
    // Made for another web framework, where a rejected handler is lost.
    'oxc/no-async-endpoint-handlers': 'off',
    // The compiler sees missing returns itself, and knows that a switch has all cases.
    'consistent-return': 'off',
    // A brand is chosen by the caller: `newUuid<EventId>()`.
    'typescript/no-unnecessary-type-parameters': 'off',
    'typescript/no-unsafe-enum-assignment': 'off',
    // What a package in the old module form exports by name is not always there at run time.
    'import/no-named-as-default-member': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    // Ports are records of functions, none of which looks at `this`.
    'typescript/unbound-method': 'off',
  },
  overrides: [
    {
      files: ['**/*.ts'],
      excludeFiles: tests,
      rules: {
        'max-lines-per-function': ['error', { max: 70 }],
        'max-params': ['error', { max: 3 }],
        'typescript/require-array-sort-compare': 'error',
      },
    },
    // A test block is as long as its examples.
    { files: tests, rules: { 'typescript/require-array-sort-compare': 'off' } },
    {
      files: ['src/**'],
      excludeFiles: [...tests, ...casting],
      rules: { 'typescript/no-unsafe-type-assertion': 'error' },
    },
    {
      files: ['src/**'],
      excludeFiles: [...tests, 'src/db/*.ts'],
      rules: {
        'typescript/no-unsafe-argument': 'error',
        'typescript/no-unsafe-assignment': 'error',
        'typescript/no-unsafe-call': 'error',
        'typescript/no-unsafe-member-access': 'error',
        'typescript/no-unsafe-return': 'error',
      },
    },
    {
      files: ['src/**'],
      excludeFiles: [...tests, ...ambientFiles, 'src/lib/time.ts'],
      rules: { 'no-restricted-globals': ban([...ambientGlobals, 'Date']) },
    },
    { files: ['src/lib/time.ts'], rules: { 'no-restricted-globals': ban(ambientGlobals) } },
    {
      files: ['src/**'],
      excludeFiles: [...tests, ...ambientFiles],
      rules: {
        'no-restricted-properties': [
          'error',
          { object: 'Math', property: 'random', message: 'Randomness comes from the ports.' },
          { object: 'Date', property: 'now', message: 'The time comes from the ports.' },
        ],
      },
    },
    { files: [...workshop, 'src/main.ts', 'bin/**'], rules: { 'no-console': 'off' } },
    // Tests read answers as clients do, without types.
    {
      files: tests,
      rules: {
        'typescript/no-explicit-any': 'off',
        'unicorn/no-useless-spread': 'off',
        // A walk over all routes expects inside its helpers, and per kind of route.
        'vitest/no-conditional-expect': 'off',
        'vitest/no-standalone-expect': 'off',
        'vitest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'expectTypeOf'] }],
      },
    },
    {
      files: ['*.config.ts', 'scripts/lint-plugin.ts', 'test/support/global-setup.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
  ],
})
