import { AttuneError } from '@attune/core';
import {
  comparedTexts,
  compareRuns,
  comparisonPage,
  isComparison,
  readOverview,
  type RunComparison,
  type RunOverview,
} from '@attune/tracking';
import type { Context } from '../../environment/context.js';
import { onOneLine } from '../../printing/printable.js';
import { reportPlannedWrites } from '../../printing/planned-writes.js';
import { columnsOf } from '../../printing/wrap-text.js';
import { targetOf, writeTo } from '../host/target.js';
import { openDiskLog } from './logs.js';
import { refuseForeignFile } from './out-file.js';
import { letterOf, lossesPlot, plotColumns } from './plots.js';

/** The request of `attune compare`. */
export interface CompareRequest {
  /** The folders of the runs. */
  readonly runs: readonly string[];
  /** A page. */
  readonly out?: string | undefined;
  /** Nothing is written; what would be is said. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** More curves in one chart tell nothing. */
const MAX_RUNS = 20;

/** The narrowest and the widest column of a run. */
const [MIN_CELL, MAX_CELL] = [8, 28];

/** A text in a column. What is too long ends in `…`. */
function cell(text: string, width: number): string {
  let shown = onOneLine(text);
  if (columnsOf(shown) > width) {
    const characters = [...shown];
    while (columnsOf(characters.join('')) > width - 1) characters.pop();
    shown = `${characters.join('')}…`;
  }
  return shown + ' '.repeat(width - columnsOf(shown));
}

/** The table of a comparison. Where it is too wide for the terminal, runs stand below each other. */
function tableLines(comparison: RunComparison, columns: number): string[] {
  const letters = comparison.runs.map((_, i) => letterOf(i));
  const rows = comparedTexts(comparison);
  const name = Math.max(...rows.map(([text]) => columnsOf(onOneLine(text!))));
  const room = Math.floor((columns - name) / letters.length) - 2;
  if (room < MIN_CELL) {
    return rows.flatMap(([text, ...values]) => [
      onOneLine(text!),
      ...values.map((value, i) => `  ${letters[i]}  ${onOneLine(value)}`),
    ]);
  }
  const widths = letters.map((_, i) =>
    Math.min(room, MAX_CELL, Math.max(...rows.map((row) => columnsOf(onOneLine(row[i + 1]!))))),
  );
  return [['', ...letters], ...rows].map(([text, ...values]) =>
    [cell(text!, name), ...values.map((value, i) => cell(value, widths[i]!))].join('  ').trimEnd(),
  );
}

/**
 * Compares runs by their settings and losses.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no run; INVALID_CONFIG if there are too few or too many, or something else
 * than a comparison in the page's place; FILE_WRITE.
 */
export async function compare(
  { runs: paths, out, dryRun, json }: CompareRequest,
  context: Context,
): Promise<void> {
  if (paths.length < 2 || paths.length > MAX_RUNS) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `2 to ${MAX_RUNS} runs can be compared, and not ${paths.length}.`,
      {
        fix: 'Name the folders of the runs. For one alone, there is attune report.',
      },
    );
  }
  if (out !== undefined) await refuseForeignFile(out, 'a page of attune compare', isComparison);
  const runs: RunOverview[] = [];
  for (const path of paths) runs.push(await readOverview(await openDiskLog(path)));
  const comparison = compareRuns(runs);
  const { stdout } = context;
  const target = targetOf(dryRun);
  if (out !== undefined) await writeTo(target, out, comparisonPage(runs));
  if (target.trial) return reportPlannedWrites(target.trial.changes, { json }, stdout);
  if (json) {
    stdout.writeJson({ ...comparison, page: out ?? null });
    return;
  }
  const lines = [
    ...comparison.runs.map((path, i) => `${letterOf(i)}  ${onOneLine(path)}`),
    '',
    ...tableLines(comparison, plotColumns(stdout)),
    '',
    ...lossesPlot(runs, stdout),
  ];
  stdout.write(`${lines.join('\n')}\n`);
  if (out !== undefined) stdout.write(`\nThe comparison is in ${out}.\n`);
}
