import type { RecordedId, RecordedSuite, TestRunner } from '@attune/backend-testkit';

/** Where tests run. */
export interface RemoteRunner {
  /** Runs a function there. @throws Error as it did there. */
  run(id: RecordedId): Promise<void>;
}

/** Registers what was registered elsewhere, each test to be run there. */
export function mirror(
  suite: RecordedSuite,
  remote: RemoteRunner,
  runner: TestRunner,
  timeoutMs: number,
): void {
  suite.beforeAll.forEach((id) => runner.beforeAll(() => remote.run(id)));
  for (const entry of suite.entries) {
    if (entry.kind === 'suite') {
      runner.describe(entry.name, () => mirror(entry, remote, runner, timeoutMs));
    } else if (entry.skip) {
      runner.test.skip(entry.name, async () => undefined);
    } else {
      runner.test(entry.name, () => remote.run(entry.id), Math.max(timeoutMs, entry.timeoutMs ?? 0));
    }
  }
  suite.afterAll.forEach((id) => runner.afterAll(() => remote.run(id)));
}
