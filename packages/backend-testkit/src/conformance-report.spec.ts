import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineBackend, opNames } from '@attune/core';
import { conformanceReport } from './conformance-report.js';
import { Recorder, runRecorded } from './kit/recorder.js';
import { describeBackend } from './describe-backend.js';
import { fixtures, writeReport } from './node/index.js';
import { badgeOf, badgeSvg } from './report/badge.js';
import { testsOfOps } from './report/op-tests.js';
import { summaryOf, type ConformanceReport } from './report/report.js';
import { interpreterEngine, type Fault } from './testing/interpreter-engine.js';

const reportOn = (fault: Fault, only: RegExp) =>
  conformanceReport({
    name: 'mine',
    create: async () => engineBackend(interpreterEngine(fault)),
    fixtures,
    only,
  });

/** tanh is wrong in a hundredth of its result, erf is missing, silu has no kernel. */
const fault: Fault = {
  native: opNames.filter((op) => op !== 'silu'),
  capabilities: { unsupported: { erf: 'no kernel in 4.22' } },
  compute: ({ op, right }) =>
    op === 'tanh' ? right().map((array) => array.map((x) => x * 1.01)) : undefined,
};

let report: ConformanceReport;
beforeAll(async () => {
  report = await reportOn(fault, /elementwise › (gradient of )?(tanh|erf|silu|exp) /);
});

test('says of each test how it ended, and why', () => {
  const stateOf = (name: string) => report.tests.find((one) => one.name === name);
  expect(stateOf('ops: elementwise › exp f32[37]')).toMatchObject({ state: 'passed' });
  expect(stateOf('ops: elementwise › tanh f32[37]')).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/result\.0: 3\d of 37 elements are off/),
  });
  expect(stateOf('ops: elementwise › erf f32[37]')).toEqual({
    name: 'ops: elementwise › erf f32[37]',
    state: 'skipped',
    reason: 'not supported: erf: no kernel in 4.22',
  });
  expect(stateOf('State › begins as zeros, of every dtype')).toMatchObject({ state: 'not run' });
  expect(stateOf('after all tests, memory() is what it was before them')).toMatchObject({ state: 'passed' });
  const { passed, failed, skipped, notRun } = report.counts;
  expect(passed + failed + skipped + notRun).toBe(report.tests.length);
  // Three shapes, forward and backward: the gradient is made of tanh.
  expect(failed).toBe(6);
});

test('says of each op who computes it, and how much of the tolerance was used', () => {
  const { exp, tanh, erf, silu, less, geluGrad } = report.ops;
  expect(Object.keys(report.ops).sort()).toEqual([...opNames].sort());
  expect(exp).toMatchObject({
    support: 'native',
    forward: { passed: 3, failed: 0 },
    gradient: { passed: 3 },
  });
  expect(exp.forward.share).toBeGreaterThan(0);
  expect(exp.forward.share).toBeLessThan(1);
  expect(tanh).toMatchObject({ support: 'native', forward: { passed: 0, failed: 3 } });
  expect(erf).toMatchObject({ support: 'missing', reason: 'no kernel in 4.22', forward: { skipped: 4 } });
  expect(silu).toMatchObject({ support: 'composed', kind: 'composite', forward: { passed: 3 } });
  expect(less.gradient).toBeUndefined();
  expect(geluGrad).toMatchObject({ support: 'native', forward: { passed: 0 } });
});

test('every op has tests that are about it', () => {
  expect([...testsOfOps()].filter(([, { forward }]) => forward.length === 0)).toEqual([]);
});

test('comes in words, as a badge, and as files', async () => {
  expect(summaryOf(report)).toMatch(
    /✗ ops: elementwise › tanh f32\[\]\n[^]*mine on the interpreter, under attune:\n/,
  );
  expect(badgeOf(report)).toMatchObject({
    message: expect.stringMatching(/^6 of \d+ failed$/),
    color: 'red',
  });
  const counts = { passed: 890, failed: 0, skipped: 0, notRun: 0 };
  expect(badgeOf({ counts })).toMatchObject({
    schemaVersion: 1,
    message: '890 passed',
    color: 'brightgreen',
  });
  expect(badgeOf({ counts: { ...counts, skipped: 2 } })).toMatchObject({ color: 'green' });
  expect(badgeOf({ counts: { ...counts, notRun: 2 } })).toMatchObject({ color: 'lightgrey' });
  expect(badgeSvg({ counts })).toMatch(/^<svg [^]*>890 passed<\/text>\n<\/svg>\n$/);

  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    await writeReport(report, join(folder, 'deep'));
    const read = (name: string) => JSON.parse(readFileSync(join(folder, 'deep', name), 'utf8')) as unknown;
    expect(read('report.json')).toMatchObject({
      format: 1,
      kit: expect.stringMatching(/^\d/),
      backend: 'mine',
    });
    expect(read('badge.json')).toEqual(badgeOf(report));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('is made under another runner as well, once all tests are done, though the last check fails', async () => {
  const runner = new Recorder();
  const reports: ConformanceReport[] = [];
  await describeBackend({
    name: 'leaky',
    create: async () => engineBackend(interpreterEngine({ leaks: true })),
    runner,
    fixtures,
    report: { runner: 'jest', version: '1.2.3', write: (one) => void reports.push(one) },
  });
  const { failed } = await runRecorded(runner, { only: /begins as zeros/ });
  expect(failed).toHaveLength(1);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ runner: 'jest', version: '1.2.3', counts: { failed: 1 } });
});
