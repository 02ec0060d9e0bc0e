/**
 * The functions of a test runner that the kit calls. Jest's, Vitest's and `node:test`'s functions fit as they are:
 *
 * ```ts
 * runner: { describe, test, beforeAll, afterAll }                        // jest, vitest
 * runner: { describe, test, beforeAll: before, afterAll: after }         // node:test
 * ```
 *
 * Where there is no runner, as in a page of a browser, a `Recorder` stands in for one.
 */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  readonly test: TestFunction;
  beforeAll(body: () => Promise<void>): unknown;
  afterAll(body: () => Promise<void>): unknown;
}

/** Registers a test. */
export interface TestFunction {
  (name: string, body: () => Promise<void>, timeoutMs?: number): unknown;
  /** Registers a test that is not run, and is shown as skipped. */
  skip(name: string, body: () => Promise<void>): unknown;
}

/** The name under which a test is shown that is skipped. */
export const skippedName = (name: string, reason: string): string => `${name} (${reason})`;
