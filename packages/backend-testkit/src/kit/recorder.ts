import type { TestFunction, TestRunner } from './runner.js';

/** A function that was registered, by its number. */
export type RecordedId = number;

/** A test that was registered. */
export interface RecordedTest {
  readonly kind: 'test';
  readonly name: string;
  readonly id: RecordedId;
  readonly skip: boolean;
  readonly timeoutMs?: number;
}

/** A group of tests that was registered. The outermost has no name. */
export interface RecordedSuite {
  readonly kind: 'suite';
  readonly name: string;
  readonly entries: (RecordedSuite | RecordedTest)[];
  readonly beforeAll: RecordedId[];
  readonly afterAll: RecordedId[];
}

/**
 * A runner for places that have none, such as a page in a browser. It writes down what is registered, as data that leaves the
 * page; each function is run by its number, and all of them by {@link runRecorded}.
 */
export class Recorder implements TestRunner {
  private readonly bodies: (() => Promise<void>)[] = [];
  readonly root: RecordedSuite = { kind: 'suite', name: '', entries: [], beforeAll: [], afterAll: [] };
  private current = this.root;
  readonly test: TestFunction;

  constructor() {
    const register = (name: string, body: () => Promise<void>, skip: boolean, timeoutMs?: number) => {
      const timeout = timeoutMs !== undefined && { timeoutMs };
      this.current.entries.push({ kind: 'test', name, id: this.add(body), skip, ...timeout });
    };
    this.test = Object.assign(
      (name: string, body: () => Promise<void>, timeoutMs?: number) => register(name, body, false, timeoutMs),
      { skip: (name: string, body: () => Promise<void>) => register(name, body, true) },
    );
  }

  // Arrow functions, so that a kit may take them out of the object.
  readonly describe = (name: string, body: () => void): void => {
    const outer = this.current;
    const suite: RecordedSuite = { kind: 'suite', name, entries: [], beforeAll: [], afterAll: [] };
    outer.entries.push(suite);
    this.current = suite;
    try {
      body();
    } finally {
      this.current = outer;
    }
  };

  readonly beforeAll = (body: () => Promise<void>): void => void this.current.beforeAll.push(this.add(body));
  readonly afterAll = (body: () => Promise<void>): void => void this.current.afterAll.push(this.add(body));

  async run(id: RecordedId): Promise<void> {
    await this.bodies[id]!();
  }

  private add(body: () => Promise<void>): RecordedId {
    return this.bodies.push(body) - 1;
  }
}

/** A test, or a hook, that failed. */
export interface TestFailure {
  readonly name: string;
  readonly message: string;
}

/** The outcome of recorded tests, by their names, which begin with those of their groups. */
export interface TestResults {
  readonly passed: string[];
  readonly failed: TestFailure[];
  readonly skipped: string[];
}

/** Options of {@link runRecorded}. */
export interface RunRecordedOptions {
  /** Runs the tests whose names match. Default: all. */
  readonly only?: RegExp;
  /** False: tests run without `beforeAll` and `afterAll`, so that they can be run again. Default: true. */
  readonly hooks?: boolean;
}

/** Runs what was recorded, one test after the other. */
export async function runRecorded(
  recorder: Recorder,
  { only, hooks = true }: RunRecordedOptions = {},
): Promise<TestResults> {
  const results: TestResults = { passed: [], failed: [], skipped: [] };
  const attempt = async (name: string, id: RecordedId): Promise<boolean> => {
    try {
      await recorder.run(id);
      return true;
    } catch (error) {
      results.failed.push({ name, message: error instanceof Error ? error.message : String(error) });
      return false;
    }
  };
  const runSuite = async (suite: RecordedSuite, path: readonly string[]): Promise<void> => {
    const nameOf = (name: string) => [...path, name].join(' › ');
    const runHooks = async (name: 'beforeAll' | 'afterAll') => {
      if (hooks) for (const id of suite[name]) await attempt(nameOf(name), id);
    };
    await runHooks('beforeAll');
    for (const entry of suite.entries) {
      const name = nameOf(entry.name);
      if (entry.kind === 'suite') await runSuite(entry, [...path, entry.name]);
      else if (entry.skip) results.skipped.push(name);
      else if ((only?.test(name) ?? true) && (await attempt(name, entry.id))) results.passed.push(name);
    }
    await runHooks('afterAll');
  };
  await runSuite(recorder.root, []);
  return results;
}
