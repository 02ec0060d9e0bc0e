import { messageOf } from '@attune/core';
import type { TestFunction, TestRunner } from '../kit/runner.js';
import type { ReportedTest, TestState } from './report.js';

/** The reason in the name of a test that is skipped. */
const REASON = / \((not supported: .*|capabilities\..*)\)$/s;

/** A test that was registered, and what is known of it so far. */
interface Entry {
  name: string;
  state: TestState;
  reason?: string;
}

/** Hands tests on to a runner, and writes down how each of them ends. */
export class Collector {
  private readonly entries: Entry[] = [];
  private readonly path: string[] = [];
  private readonly shares = new Map<string, number>();
  readonly runner: TestRunner;

  /**
   * @param inner the runner.
   * @param onTest hears of each test that was run or skipped.
   */
  constructor(
    inner: TestRunner,
    private readonly onTest: (test: ReportedTest) => void = () => undefined,
  ) {
    const test: TestFunction = Object.assign(
      (name: string, body: () => Promise<void>, timeoutMs?: number) => {
        const watched = this.watch(this.add(name, 'not run'), body);
        // A runner may tell that there is a third argument, even if it is undefined.
        return timeoutMs === undefined ? inner.test(name, watched) : inner.test(name, watched, timeoutMs);
      },
      {
        skip: (name: string, body: () => Promise<void>) => {
          const reason = REASON.exec(name);
          const entry = this.add(reason ? name.slice(0, reason.index) : name, 'skipped');
          if (reason) entry.reason = reason[1]!;
          this.onTest(entry);
          return inner.test.skip(name, body);
        },
      },
    );
    this.runner = {
      test,
      describe: (name, body) =>
        inner.describe(name, () => {
          this.path.push(name);
          try {
            body();
          } finally {
            this.path.pop();
          }
        }),
      beforeAll: (body) => inner.beforeAll(body),
      afterAll: (body) => inner.afterAll(body),
    };
  }

  /** All tests that were registered, in their order. */
  get tests(): readonly ReportedTest[] {
    return this.entries;
  }

  /** A check that is no test of the runner's, such as one after all tests, and counts as one. */
  check(name: string, body: () => Promise<void>): Promise<void> {
    return this.watch(this.add(name, 'not run'), body)();
  }

  /** Notes how much of its tolerance a test used up. */
  readonly measure = (test: string, share: number): void => {
    this.shares.set(test, Math.max(share, this.shares.get(test) ?? 0));
  };

  shareOf(test: string): number | undefined {
    return this.shares.get(test);
  }

  private add(name: string, state: TestState): Entry {
    const entry: Entry = { name: [...this.path, name].join(' › '), state };
    this.entries.push(entry);
    return entry;
  }

  private watch(entry: Entry, body: () => Promise<void>): () => Promise<void> {
    return async () => {
      try {
        await body();
        entry.state = 'passed';
      } catch (error) {
        entry.state = 'failed';
        entry.reason = messageOf(error);
        throw error;
      } finally {
        this.onTest(entry);
      }
    };
  }
}
