import { describeBackend, type TestRunner } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { serveTests } from '@attune/browser-harness/page';
import { backend } from '../index.js';
import { failingRun } from './breakable.js';

declare const process: { readonly env: Readonly<Record<string, string | undefined>> };

/**
 * The suites that run unless ATTUNE_DAWN=all: states, runs, errors, memory and the optimizers, any of which could
 * behave differently in Node. Kernels one by one and long training runs Chromium does, through the same onnxruntime
 * and Dawn.
 */
const chosen =
  /^(backend|State|Executable|compile|runs|errors|a hundred steps|a run that fails|guards|isolation|empty|NaN|PyTorch: optimizers|a disposed backend)/;

const runAll = process.env['ATTUNE_DAWN'] === 'all';

serveTests(async (runner) => {
  const found = await backend.isAvailable();
  if (!found.available) {
    runner.test.skip(`(${found.reason})`, async () => undefined);
    return;
  }
  const choosing: TestRunner = {
    ...runner,
    describe: (name, body) => (runAll || chosen.test(name)) && runner.describe(name, body),
  };
  const name = `${found.description}${runAll ? '' : ', a part of the kit'}`;
  await describeBackend({ name, create: () => backend.create(), runner: choosing, fixtures, failingRun });
});
