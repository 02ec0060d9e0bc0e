import { describeBackend, type DescribeBackendOptions } from './describe-backend.js';
import { Recorder, runRecorded } from './kit/recorder.js';
import type { ConformanceReport, ReportedTest } from './report/report.js';

/** Options of {@link conformanceReport}. */
export interface ConformanceReportOptions extends Omit<DescribeBackendOptions, 'runner' | 'report'> {
  /** Version of the backend's package. */
  readonly version?: string;
  /** Runs the tests whose names match; the others are reported as not run. Default: all. */
  readonly only?: RegExp;
  /** Hears of each test as it ends. */
  readonly onTest?: (test: ReportedTest) => void;
}

/**
 * Runs the kit without a test runner, and reports what came of it. A test that fails is in the report; what throws is only
 * a backend that cannot be made.
 */
export async function conformanceReport({
  version,
  only,
  onTest,
  ...options
}: ConformanceReportOptions): Promise<ConformanceReport> {
  const runner = new Recorder();
  let made: ConformanceReport | undefined;
  await describeBackend({
    ...options,
    runner,
    report: {
      runner: 'attune',
      ...(version !== undefined && { version }),
      ...(onTest && { onTest }),
      write: (report) => void (made = report),
    },
  });
  await runRecorded(runner, { ...(only && { only }) });
  return made!;
}
