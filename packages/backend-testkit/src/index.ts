/**
 * The conformance kit: the tests that a backend has to pass, and the tools they are made of. Needs no test runner of
 * its own, no file system and no browser; it takes what it needs.
 *
 * @packageDocumentation
 */
export { assert, ConformanceError, expectEqual, expectError } from './assertions/assert.js';
export {
  expectAgreement,
  expectAllClose,
  expectHostTensor,
  expectValue,
  normOf,
  sameBits,
  type Numbers,
  type Tolerance,
} from './assertions/close.js';
export { tolerances, tolerancesFor, type Tolerances } from './assertions/tolerances.js';
export { opCases } from './cases/index.js';
export { forwardProgram, inputsOf, type CaseInput, type OpCase } from './cases/op-case.js';
export { conformanceReport, type ConformanceReportOptions } from './conformance-report.js';
export { describeBackend, type DescribeBackendOptions, type ReportOptions } from './describe-backend.js';
export { loadCase, loadTensors, type FixtureLoader } from './fixtures/fixtures.js';
export { readSafetensors } from './fixtures/safetensors.js';
export {
  gradcheck,
  gradientProgram,
  withRandomGradients,
  type GradcheckOptions,
  type GraphFunction,
} from './assertions/gradcheck.js';
export { truth } from './kit/oracle.js';
export { randomTensor } from './kit/random-tensor.js';
export {
  Recorder,
  runRecorded,
  type RecordedId,
  type RecordedSuite,
  type RecordedTest,
  type RunRecordedOptions,
  type TestFailure,
  type TestResults,
} from './kit/recorder.js';
export type { TestFunction, TestRunner } from './kit/runner.js';
export { badgeOf, badgeSvg, type Badge } from './report/badge.js';
export {
  summaryOf,
  type ConformanceReport,
  type OpReport,
  type OpResult,
  type ReportedTest,
  type TestState,
} from './report/report.js';
export { expectCase } from './suites/shared/expect-case.js';
export type { BreakableBackend, FailingProgram, FailingRun } from './suites/shared/context.js';
export { stepProgram, trainingSpec, type TrainingSetup } from './training/step-programs.js';
