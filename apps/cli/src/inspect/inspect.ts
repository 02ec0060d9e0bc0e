import { lstat, open } from 'node:fs/promises';
import { AttuneError, plural } from '@attune/core';
import type { RefusedRow } from '@attune/data';
import { openExamples, type OpenExamples } from '@attune/data/node';
import { readExamples, readSteadily, type FineTuningDataSettings, type ModelText } from '@attune/runs';
import type { Context } from '../environment/context.js';
import { colorsFor } from '../printing/colors.js';
import { styled } from '../printing/styled.js';
import { reportPlannedWrites } from '../printing/planned-writes.js';
import { runHost } from '../run/host/run-host.js';
import { targetOf, writeTo, type Target } from '../run/host/target.js';
import { htmlPage, isPage, PAGE_TITLE } from './html.js';
import { inspectedRows, type InspectedRow } from './inspected-row.js';
import { reportText, type ReportText } from './report.js';
import { openModelText } from './open-model-text.js';
import { legend, reportLines, rowLines } from './terminal.js';

export interface InspectRequest extends FineTuningDataSettings {
  readonly model: string;
  readonly seed: number;
  /** Rows of each part that are shown. */
  readonly rows?: number;
  /** File for a page. */
  readonly html?: string;
  /** Nothing is written; what would be is said. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Rows shown where nothing else is said. */
const ROWS_ON_TERMINAL = 5;
const ROWS_ON_PAGE = 200;

/**
 * Shows what fine-tuning would train on. Rows that it would refuse are part of the report; a file that cannot be read is
 * an error here too.
 *
 * @throws AttuneError as `openExamples`; FILE_WRITE.
 */
export async function inspect(
  { model, json, html, rows, dryRun, ...request }: InspectRequest,
  context: Context,
): Promise<void> {
  if (json && html !== undefined) {
    throw new AttuneError('INVALID_CONFIG', 'Both --json and --html are given.', {
      fix: 'Choose one of them.',
    });
  }
  if (html !== undefined) await refuseForeignFile(html);
  const refused: RefusedRow[] = [];
  const target = targetOf(dryRun);
  const host = runHost(context, target);
  const text = await readSteadily(
    [model],
    host,
    () => openModelText(model, request.template, host),
    (opened) => opened.close(),
  );
  try {
    const onRefused = (row: RefusedRow) => void refused.push(row);
    const examples = await readExamples(
      { openRows: openExamples },
      { ...request, onRefused },
      text,
      text.positions,
    );
    const [first] = refused;
    // Nothing to show: the reason is the answer.
    if (first && examples.train.count === 0) throw first.error;
    const report = reportText(examples.report, refused);
    if (dryRun && html === undefined) await reportPlannedWrites([], { json }, context.stdout);
    else if (json) await writeJson(rowsOf(examples, text, rows), report, context);
    else if (html !== undefined)
      await writePage(html, target, request.data, examples, text, report, rows, context);
    else writeTerminal(rowsOf(examples, text, rows ?? ROWS_ON_TERMINAL), report, context);
  } finally {
    await text.close();
  }
}

function* rowsOf(
  { train, validation, test }: OpenExamples,
  { tokenizer }: ModelText,
  limit?: number,
): Generator<InspectedRow, void, undefined> {
  yield* inspectedRows('train', train, tokenizer, limit);
  if (validation) yield* inspectedRows('validation', validation, tokenizer, limit);
  if (test) yield* inspectedRows('test', test, tokenizer, limit);
}

/** Rows on stdout, as they come; what is for people on stderr. */
async function writeJson(rows: Iterable<InspectedRow>, report: ReportText, context: Context): Promise<void> {
  const { stdout, stderr } = context;
  for (const row of rows) {
    if (!stdout.writeJson(row)) {
      await new Promise<void>((resolve) => void stdout.stream.once('drain', resolve));
    }
  }
  stderr.write(reportLines(report, colorsFor(stderr, context)));
}

function writeTerminal(rows: Iterable<InspectedRow>, report: ReportText, context: Context): void {
  const { stdout } = context;
  const colors = colorsFor(stdout, context);
  let shown = 0;
  for (const row of rows) {
    stdout.write(styled`${rowLines(row, colors)}\n`);
    shown++;
  }
  if (shown > 0) stdout.write(styled`${legend(colors)}\n\n`);
  stdout.write(reportLines(report, colors));
}

/** @throws AttuneError INVALID_CONFIG if there is something else than a page of `inspect`. */
async function refuseForeignFile(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined);
  if (!found || (found.isFile() && (await beginsAsPage(file)))) return;
  throw new AttuneError('INVALID_CONFIG', `${file} exists, and is not a page of attune inspect.`, {
    fix: 'Choose another name for --html, or remove it.',
  });
}

async function beginsAsPage(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(PAGE_HEAD), 0, PAGE_HEAD, 0);
    return isPage(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** Within so many bytes a page says what it is. */
const PAGE_HEAD = 1024;

async function writePage(
  file: string,
  target: Target,
  data: string,
  examples: OpenExamples,
  text: ModelText,
  report: ReportText,
  limit: number = ROWS_ON_PAGE,
  { stdout }: Context,
): Promise<void> {
  const { train, validation, test } = examples;
  const rows = [...rowsOf(examples, text, limit)];
  const all = train.count + (validation?.count ?? 0) + (test?.count ?? 0);
  const page = htmlPage({ title: `${PAGE_TITLE}${data}`, report, rows, more: all - rows.length });
  await writeTo(target, file, page);
  if (target.trial) return reportPlannedWrites(target.trial.changes, { json: false }, stdout);
  stdout.write(`${rows.length} of ${plural(all, 'row')} in ${file}\n`);
}
