import type { TestRunner } from '../kit/runner.js';

/** The results of the tests of a {@link recordingRunner}. */
export interface Recording {
  readonly passed: string[];
  readonly failed: { readonly name: string; readonly message: string }[];
  readonly skipped: string[];
}

/** A runner that only takes notes: the kit's tests, tested. It is also all that a page in a browser would need. */
export function recordingRunner(): { runner: TestRunner; run(only: RegExp): Promise<Recording> } {
  const path: string[] = [];
  const tests: { name: string; body: () => Promise<void> }[] = [];
  const skipped: string[] = [];
  const nameOf = (name: string) => [...path, name].join(' › ');
  return {
    runner: {
      describe: (name, body) => {
        path.push(name);
        body();
        path.pop();
      },
      test: Object.assign(
        (name: string, body: () => Promise<void>) => void tests.push({ name: nameOf(name), body }),
        { skip: (name: string) => void skipped.push(nameOf(name)) },
      ),
      beforeAll: () => undefined,
      afterAll: () => undefined,
    },
    run: async (only) => {
      const recording: Recording = { passed: [], failed: [], skipped };
      for (const { name, body } of tests.filter((test) => only.test(test.name))) {
        try {
          await body();
          recording.passed.push(name);
        } catch (error) {
          recording.failed.push({ name, message: error instanceof Error ? error.message : String(error) });
        }
      }
      return recording;
    },
  };
}
