import type { Capabilities, DeviceInfo, OpName } from '@attune/core';

/** The outcome of a test. One that was filtered out was not run. */
export type TestState = 'passed' | 'failed' | 'skipped' | 'not run';

/** A test of the kit, and how it ended. */
export interface ReportedTest {
  /** The names of its groups and its own: `State › begins as zeros, of every dtype`. */
  readonly name: string;
  readonly state: TestState;
  /** Why it failed, or was skipped. */
  readonly reason?: string;
}

/** The tests of one op. */
export interface OpResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notRun: number;
  /** The largest share of a tolerance that a test used up: 0 where all were exact, up to 1. Missing where none was run. */
  readonly share?: number;
}

/** An op on a backend. */
export interface OpReport {
  readonly kind: 'primitive' | 'composite';
  /** By a kernel of the engine's own, by the ops of its body, or not at all. */
  readonly support: 'native' | 'composed' | 'missing';
  /** Why it is missing, in the backend's words. */
  readonly reason?: string;
  readonly forward: OpResult;
  /** Missing where the op has no gradient. */
  readonly gradient?: OpResult;
}

/** The version of this format. */
export const REPORT_FORMAT = 1;

/** A backend's conformance: what was tested, where and with which result. JSON. */
export interface ConformanceReport {
  readonly format: typeof REPORT_FORMAT;
  /** Version of `@attune/backend-testkit`, where it is known. */
  readonly kit?: string;
  readonly backend: string;
  /** Version of the backend's package, where it was given. */
  readonly version?: string;
  readonly device: Pick<DeviceInfo, 'kind' | 'description' | 'software'>;
  /** The engine, its version and instruction set, where it says so. */
  readonly engine?: DeviceInfo['engine'];
  /** The test runner, e.g. `vitest`. */
  readonly runner: string;
  readonly capabilities: Pick<Capabilities, 'dtypes' | 'precision' | 'deterministic' | 'unsupported'>;
  readonly counts: {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
    readonly notRun: number;
  };
  readonly ops: Readonly<Record<OpName, OpReport>>;
  readonly tests: readonly ReportedTest[];
}

/** A report in a few lines of text, failures first. */
export function summaryOf({ backend, device, engine, runner, counts, tests }: ConformanceReport): string {
  const failures = tests.filter(({ state }) => state === 'failed');
  const built = engine && [engine.name, engine.version, engine.isa].filter(Boolean).join(' ');
  return [
    ...failures.map(({ name, reason }) => `✗ ${name}\n  ${reason}`),
    `${backend} on ${device.description}${built ? ` (${built})` : ''}, under ${runner}:`,
    `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` +
      (counts.notRun > 0 ? `, ${counts.notRun} not run` : ''),
  ].join('\n');
}
