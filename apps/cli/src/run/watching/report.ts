import { join } from 'node:path';
import { figuresOf, finalLoss, isReport, readOverview, reportPage, type RunOverview } from '@attune/tracking';
import type { Context } from '../../environment/context.js';
import { reportPlannedWrites } from '../../printing/planned-writes.js';
import { targetOf, writeTo } from '../host/target.js';
import { openDiskLog } from './logs.js';
import { refuseForeignFile } from './out-file.js';
import { lossPlot, normPlot } from './plots.js';

/** The request of `attune report`. */
export interface ReportRequest {
  /** The folder of the run. */
  readonly run: string;
  /** The page. Default: `report.html` in the folder. */
  readonly out?: string | undefined;
  /** Nothing is written. */
  readonly terminal: boolean;
  /** Nothing is written; what would be is said. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** The numbers of a report, for a program. */
function summaryOf(run: RunOverview, page: string | null) {
  const { path, command, last, skipped, trainedMs, lastValLoss, lowestValLoss, checkpoints } = run;
  return {
    ...{ run: path, command, page, steps: last?.step ?? 0, skipped, seconds: trainedMs / 1000 },
    last: last ?? null,
    smoothLoss: finalLoss(run) ?? null,
    ...{ lastValLoss: lastValLoss ?? null, lowestValLoss: lowestValLoss ?? null, checkpoints },
  };
}

/** The report of a run, line by line, for a terminal. */
function terminalReport(run: RunOverview, { stdout }: Context): string[] {
  const figures = figuresOf(run);
  const width = Math.max(...figures.map(([name]) => name.length));
  const parts = [
    [run.path],
    figures.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    lossPlot(run, stdout),
    normPlot(run, stdout),
  ];
  return parts.filter((lines) => lines.length > 0).flatMap((lines) => [...lines, '']);
}

/**
 * Writes the report of a run as a page, and shows it in the terminal.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no run; INVALID_CONFIG if there is something else than a report in the
 * page's place; FILE_WRITE.
 */
export async function report(request: ReportRequest, context: Context): Promise<void> {
  const { run: path, out = join(path, 'report.html'), terminal, dryRun, json } = request;
  const log = await openDiskLog(path);
  if (!terminal) await refuseForeignFile(out, 'a page of attune report', isReport);
  const run = await readOverview(log);
  const { stdout } = context;
  const target = targetOf(dryRun);
  if (!terminal) await writeTo(target, out, reportPage(run));
  if (target.trial) return reportPlannedWrites(target.trial.changes, { json }, stdout);
  if (json) {
    stdout.writeJson(summaryOf(run, terminal ? null : out));
    return;
  }
  stdout.write(terminalReport(run, context).map((line) => `${line}\n`).join('')); // prettier-ignore
  if (!terminal) stdout.write(`The report is in ${out}.\n`);
}
