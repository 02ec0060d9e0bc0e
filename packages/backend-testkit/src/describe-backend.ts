import type { Backend } from '@attune/core';
import { expectEqual } from './assertions/assert.js';
import type { FixtureLoader } from './fixtures/fixtures.js';
import type { TestRunner } from './kit/runner.js';
import { Collector } from './report/collector.js';
import { makeReport } from './report/make-report.js';
import type { ConformanceReport, ReportedTest } from './report/report.js';
import type { FailingRun, SuiteContext } from './suites/shared/context.js';
import { describeEmpty } from './suites/contract/empty.js';
import { describeEnd } from './suites/contract/end.js';
import { describeErrors } from './suites/contract/errors.js';
import { describeExecution } from './suites/contract/execution.js';
import { describeFailures } from './suites/contract/failures.js';
import { describeGuards } from './suites/contract/guards.js';
import { describeIdentity } from './suites/contract/identity.js';
import { describeIsolation } from './suites/contract/isolation.js';
import { describeLifecycle } from './suites/contract/lifecycle.js';
import { describeOwnership } from './suites/contract/ownership.js';
import { describeNaN } from './suites/ops/nan.js';
import { describeNumerics } from './suites/ops/numerics.js';
import { describeOps } from './suites/ops/ops.js';
import { describeViews, hasViews } from './suites/contract/views.js';
import { describePrecision } from './suites/ops/precision.js';
import { describePyTorchCnn } from './suites/pytorch/cnn.js';
import { describePyTorchCausalLms } from './suites/pytorch/causal-lms.js';
import { describePyTorchOps } from './suites/pytorch/ops.js';
import { describePyTorchOptimizers } from './suites/pytorch/optimizers.js';
import { describePyTorchTraining } from './suites/pytorch/training.js';
import { describeScale } from './suites/ops/scale.js';
import { describeStorage } from './suites/contract/storage.js';

/** A report to be made of the tests, beside what the runner prints. */
export interface ReportOptions {
  /** The name of the runner, e.g. `jest`. */
  readonly runner: string;
  /** Version of the backend's package. */
  readonly version?: string;
  /** Hears of each test as it ends. */
  readonly onTest?: (test: ReportedTest) => void;
  /** Called once, after the last test: in Node, `writeReport` of `@attune/backend-testkit/node` writes it to files. */
  readonly write: (report: ConformanceReport) => void | Promise<void>;
}

/** A backend to be tested, and what to test it with. */
export interface DescribeBackendOptions {
  readonly name: string;
  /** Makes the backend. Called several times: for all tests, and for those that dispose of it. */
  readonly create: () => Promise<Backend>;
  readonly runner: TestRunner;
  /** Where the fixtures come from: in Node, `fixtures` of `@attune/backend-testkit/node`. */
  readonly fixtures: FixtureLoader;
  /**
   * How a run is made to fail on this backend. Left out, the kit tries runs of its own, and where none fails, its test does,
   * for what a failure leaves is part of the contract.
   */
  readonly failingRun?: FailingRun;
  /** Default: no report but the runner's own. `conformanceReport` makes one without a runner. */
  readonly report?: ReportOptions;
}

/**
 * Registers the conformance tests: what a backend has to pass to be trusted. To be awaited where tests are registered,
 * since the backend's capabilities decide which of them are skipped:
 *
 * ```ts
 * await describeBackend({ name: 'mine', create: () => backend.create(), runner: { describe, test, beforeAll, afterAll }, fixtures });
 * ```
 *
 * Every op and every gradient is compared with core's interpreter in float64; a GPT-2's training with PyTorch's.
 */
export async function describeBackend(options: DescribeBackendOptions): Promise<void> {
  const { name, create, fixtures, failingRun, report } = options;
  const backend = await create();
  const views = await hasViews(backend);
  const before = backend.memory();
  const collector = new Collector(options.runner, report?.onTest);
  const { runner, measure } = collector;
  const context: SuiteContext = { backend, runner, fixtures, measure, ...(failingRun && { failingRun }) };
  runner.describe(`backend "${name}"`, () => {
    describeLifecycle(context);
    describeErrors(context);
    describeExecution(context);
    describeFailures(context);
    describeGuards(context);
    describeIsolation(context);
    describeIdentity(context);
    describeOwnership(context);
    describeViews(context, views);
    describeEmpty(context);
    describeStorage(context);
    describeOps(context);
    describeNumerics(context);
    describeNaN(context);
    describePrecision(context);
    describeScale(context);
    describePyTorchOps(context);
    describePyTorchOptimizers(context);
    describePyTorchTraining(context);
    describePyTorchCausalLms(context);
    describePyTorchCnn(context);
    describeEnd(context, create);
    runner.afterAll(async () => {
      try {
        await collector.check('after all tests, memory() is what it was before them', async () => {
          expectEqual(backend.memory(), before, 'memory() after all tests');
          await backend.dispose();
        });
      } finally {
        await report?.write(makeReport(backend, collector, { name, ...report }));
      }
    });
  });
}
