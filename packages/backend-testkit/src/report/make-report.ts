import { opDefinition, opNames, type Backend, type OpName } from '@attune/core';
import type { Collector } from './collector.js';
import { testsOfOps } from './op-tests.js';
import {
  REPORT_FORMAT,
  type ConformanceReport,
  type OpReport,
  type OpResult,
  type ReportedTest,
  type TestState,
} from './report.js';

/** The parts of a report that its tests do not say. */
export interface ReportDetails {
  readonly name: string;
  readonly version?: string;
  readonly runner: string;
}

function countsOf(tests: readonly ReportedTest[]) {
  const count = (wanted: TestState) => tests.filter(({ state }) => state === wanted).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    notRun: count('not run'),
  };
}

/** Makes the report of a backend from its tests. */
export function makeReport(
  { device, capabilities }: Pick<Backend, 'device' | 'capabilities'>,
  collector: Collector,
  { name, version, runner }: ReportDetails,
): ConformanceReport {
  const tests = collector.tests.map((test) => ({ ...test, name: withoutFirstGroup(test.name) }));
  const byName = new Map(tests.map((test) => [test.name, test]));

  const resultOf = (names: readonly string[]): OpResult => {
    const own = names.flatMap((one) => byName.get(one) ?? []);
    const shares = own.flatMap(({ name: one, state }) => {
      const share = state === 'passed' ? collector.shareOf(one.slice(one.indexOf(' › ') + 3)) : undefined;
      return share === undefined ? [] : [share];
    });
    return {
      ...countsOf(own),
      ...(shares.length > 0 && { share: Number(Math.max(...shares).toPrecision(3)) }),
    };
  };
  const testsOf = testsOfOps();
  const reportOf = (op: OpName): OpReport => {
    const { forward, gradient } = testsOf.get(op)!;
    const reason = capabilities.unsupported[op];
    const isNative = capabilities.native.includes(op);
    return {
      kind: opDefinition(op).body ? 'composite' : 'primitive',
      support: reason !== undefined ? 'missing' : isNative ? 'native' : 'composed',
      ...(reason !== undefined && { reason }),
      forward: resultOf(forward),
      ...(gradient.length > 0 && { gradient: resultOf(gradient) }),
    };
  };

  const { kind, description, software, engine } = device;
  const { dtypes, precision, deterministic, unsupported } = capabilities;
  return {
    format: REPORT_FORMAT,
    backend: name,
    ...(version !== undefined && { version }),
    device: { kind, description, ...(software !== undefined && { software }) },
    ...(engine && { engine }),
    runner,
    capabilities: { dtypes, precision, deterministic, unsupported },
    counts: countsOf(tests),
    ops: Object.fromEntries(opNames.map((op) => [op, reportOf(op)])) as Record<OpName, OpReport>,
    tests,
  };
}

/** All tests of a kit are in one group, named after the backend, which a report names once. */
const withoutFirstGroup = (name: string) => name.replace(/^backend ".*?" › /s, '');
