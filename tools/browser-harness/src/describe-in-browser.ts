import type { RecordedSuite, TestRunner } from '@attune/backend-testkit';
import { findChromium } from './chromium.js';
import { mirror } from './mirror.js';
import { Session, type SessionOptions } from './session.js';
import { whenFileEnds } from './when-file-ends.js';

/** Tests in a browser, and the runner that reports them. */
export interface DescribeInBrowserOptions extends SessionOptions {
  readonly name: string;
  readonly runner: TestRunner;
  /** How long a test, or a hook, may take that names no limit of its own. */
  readonly timeoutMs?: number;
}

/**
 * Where Chromium is, for tests that drive it themselves. To be awaited where tests are registered. On a machine without
 * Chromium one test shows as skipped, with the reason; with `ATTUNE_REQUIRE_BROWSER=1` in the environment, it fails.
 */
export async function requireChromium(
  name: string,
  { test }: Pick<TestRunner, 'test'>,
): Promise<string | undefined> {
  const chromium = await findChromium();
  if (chromium !== undefined) return chromium;
  const reason = 'no Chromium: install it, or name it in ATTUNE_CHROMIUM';
  const required = process.env['ATTUNE_REQUIRE_BROWSER'] === '1';
  if (!required) test.skip(`${name} (${reason})`, async () => undefined);
  else test(name, () => Promise.reject(new Error(`ATTUNE_REQUIRE_BROWSER is 1, but: ${reason}.`)));
  return undefined;
}

/**
 * Runs a page's tests in headless Chromium, each as a test of its own. To be awaited where tests are registered:
 *
 * ```ts
 * await describeInBrowser({
 *   name: 'in Chromium',
 *   page: new URL('./testing/conformance.page.ts', import.meta.url),
 *   runner: { describe, test, beforeAll, afterAll },
 *   files: fixtures,
 * });
 * ```
 *
 * Without Chromium, as {@link requireChromium}.
 */
export async function describeInBrowser(options: DescribeInBrowserOptions): Promise<void> {
  const { name, runner, timeoutMs = 60_000, ...where } = options;
  const chromium = await requireChromium(name, runner);
  if (chromium === undefined) return;
  const session = await Session.open(chromium, where);
  let suite: RecordedSuite;
  try {
    suite = await session.suite();
  } catch (error) {
    await session.close();
    throw error;
  }
  runner.describe(name, () => mirror(suite, session, runner, timeoutMs));
  whenFileEnds(runner, () => session.close());
}
