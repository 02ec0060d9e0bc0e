/** The parts of a plugin that differ from one test runner to the next. */
export interface RunnerFiles {
  /** How a spec imports what the kit calls. */
  readonly import: string;
  /** The command that runs the compiled specs. */
  readonly command: string;
  /** The command that runs some of them, and its meaning. */
  readonly only: readonly [command: string, meaning: string];
  readonly devDependencies: Readonly<Record<string, string>>;
  /** The folder of templates that it needs beside the others. */
  readonly templates?: string;
}

const only = 'the tests whose names match';

/** The test runners that a plugin may be written for. */
export const testRunners = {
  jest: {
    import: "import { afterAll, beforeAll, describe, test } from '@jest/globals';\n",
    command: 'node --experimental-vm-modules node_modules/jest/bin/jest.js',
    only: ['npm test -- -t "State"', only],
    devDependencies: { '@jest/globals': '^30.5.2', jest: '^30.5.2' },
    templates: 'outside-jest',
  },
  vitest: {
    import: "import { afterAll, beforeAll, describe, test } from 'vitest';\n",
    command: 'vitest run',
    only: ['npm test -- -t "State"', only],
    devDependencies: { vitest: '^4.1.12' },
    templates: 'outside-vitest',
  },
  'node:test': {
    import: "import { after as afterAll, before as beforeAll, describe, test } from 'node:test';\n",
    command: 'node --test-reporter=spec --test out/conformance.spec.js',
    // npm appends arguments, and node takes those after the file for the file's own.
    only: ['npx tsc && node --test --test-name-pattern=State out/conformance.spec.js', only],
    devDependencies: {},
  },
} as const satisfies Readonly<Record<string, RunnerFiles>>;

/** The name of a test runner. */
export type TestRunnerName = keyof typeof testRunners;
