import type { TestRunner } from '@attune/backend-testkit';

/** Where the tests' environment (tools/jest) looks for what it is to close. */
const CLOSERS = Symbol.for('attune.closers');

/**
 * Closes what was opened while tests were registered, when their file has ended. Jest's own `afterAll` is no place for it:
 * jest leaves it out where no test of the file is asked for. Without our environment, it is the only place there is.
 */
export function whenFileEnds(runner: Pick<TestRunner, 'afterAll'>, close: () => Promise<void>): void {
  const closers = (globalThis as { [CLOSERS]?: (() => Promise<void>)[] })[CLOSERS];
  if (closers) closers.push(close);
  else runner.afterAll(close);
}
