import { isAttuneError, type AttuneError, type ErrorCode } from '@attune/core';

/** Fails a test. Any runner shows it. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}

/** @throws ConformanceError with the message unless the condition holds. */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new ConformanceError(typeof message === 'string' ? message : message());
}

/** @throws ConformanceError unless both are the same as JSON. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(got === wanted, () => `${what}: expected ${wanted}, but got ${got}.`);
}

/**
 * Checks that work fails with a typed error of the given code, whose message names all that is given.
 *
 * @returns the error.
 * @throws ConformanceError if it succeeds, or fails otherwise.
 */
export async function errorOf(
  work: () => Promise<unknown>,
  code: ErrorCode,
  ...parts: readonly string[]
): Promise<AttuneError> {
  let caught: unknown;
  try {
    await work();
  } catch (error) {
    caught = error;
  }
  assert(caught !== undefined, `Expected an error ${code}, but nothing was thrown.`);
  assert(isAttuneError(caught), () => `Expected an AttuneError ${code}, but got ${String(caught)}.`);
  const { code: got, message } = caught;
  assert(got === code, () => `Expected an error ${code}, but got ${got}: ${message}`);
  const missing = parts.filter((part) => !message.includes(part));
  assert(missing.length === 0, () => `The message of ${code} lacks ${missing.join('; ')}: ${message}`);
  return caught;
}

/**
 * Expects work to be refused with an AttuneError of a code, whose message has all the parts.
 *
 * @throws ConformanceError that says what came instead.
 */
export async function expectError(
  work: () => Promise<unknown>,
  code: ErrorCode,
  ...parts: readonly string[]
): Promise<void> {
  await errorOf(work, code, ...parts);
}
