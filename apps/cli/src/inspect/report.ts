import { plural } from '@attune/core';
import type { ExampleStatistics, RefusedRow } from '@attune/data';
import type { ExamplesReport, FileReport } from '@attune/data/node';
import { formatCount } from '@attune/runs';

/** A report, for people: what there is, and what should be looked at. */
export interface ReportText {
  /** Name and value of each line. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly warnings: readonly string[];
}

/** Rows that are refused are all counted, but not all listed. */
const LISTED = 10;

/** @param refused rows that fine-tuning would not take. */
export function reportText(report: ExamplesReport, refused: readonly RefusedRow[] = []): ReportText {
  const { files, parts, leakage } = report;
  const partEntries = Object.entries(parts);
  return {
    lines: [
      ['format', formatLine(report)],
      ...files.flatMap((file) => fileLines(file, report.maxLength)),
      ...partEntries.map(([part, statistics]) => [part, partLine(statistics)] as const),
    ],
    warnings: [
      ...files.flatMap((file) => fileWarnings(file, report)),
      ...partEntries.flatMap(([part, statistics]) => partWarnings(part, statistics)),
      ...Object.entries(leakage).flatMap(([part, { rows, prompts }]) => [
        ...warn(rows, `${rowsOf(rows)} of ${part} ${be(rows)} also in train`),
        ...warn(
          prompts - rows,
          `${rowsOf(prompts - rows)} more of ${part} ${have(prompts - rows)} a prompt that is in train`,
        ),
      ]),
      ...refused.slice(0, LISTED).map(({ error }) => error.message),
      ...warn(refused.length - LISTED, `${rowsOf(refused.length - LISTED)} more would be refused`),
    ],
  };
}

function formatLine({ format, columns, ignored }: ExamplesReport): string {
  const mapping = Object.entries(columns).map(([field, column]) =>
    field === column ? field : `${field} from ${JSON.stringify(column)}`,
  );
  const rest =
    ignored.length > 0 ? `; not read: ${ignored.map((name) => JSON.stringify(name)).join(', ')}` : '';
  return `${format} (${mapping.join(', ')}${rest})`;
}

function fileLines(file: FileReport, maxLength: number): (readonly [string, string])[] {
  const { rows, kept, truncated, dropped, droppedUntrained, refused, lengths } = file;
  const counts = [
    `${rowsOf(rows)}, ${formatCount(kept)} kept`,
    `${formatCount(truncated)} truncated`,
    `${formatCount(dropped + droppedUntrained)} dropped`,
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
  ];
  const spread =
    lengths &&
    `min ${lengths.min}, median ${lengths.median}, p95 ${lengths.p95}, max ${lengths.max} tokens; ${maxLength} allowed`;
  return [[file.file, counts.join(', ')], ...(spread ? [['lengths', spread] as const] : [])];
}

function partLine({ rows, tokens, trainedTokens, duplicates }: ExampleStatistics): string {
  const share = tokens === 0 ? 0 : (100 * trainedTokens) / tokens;
  return (
    `${rowsOf(rows)}, ${plural(tokens, 'token')}, ${formatCount(trainedTokens)} trained ` +
    `(${share.toFixed(1)} %), ${plural(duplicates, 'duplicate')}`
  );
}

function fileWarnings(file: FileReport, { maxLength }: ExamplesReport): string[] {
  const { truncated, dropped, droppedUntrained } = file;
  return [
    ...warn(
      truncated,
      `${file.file}: ${rowsOf(truncated)} ${truncated === 1 ? 'was' : 'were'} cut after token ${maxLength}`,
    ),
    ...warn(
      dropped,
      `${file.file}: ${rowsOf(dropped)} with more than ${plural(maxLength, 'token')} ${be(dropped)} left out`,
    ),
    ...warn(
      droppedUntrained,
      `${file.file}: ${rowsOf(droppedUntrained)} ${be(droppedUntrained)} left out, of which nothing is trained before the cut`,
    ),
  ];
}

function partWarnings(part: string, statistics: ExampleStatistics): string[] {
  const { duplicates, doubleBos, missingEos, untrained, unknownTokens } = statistics;
  return [
    ...warn(
      duplicates,
      `${part}: ${rowsOf(duplicates)} ${duplicates === 1 ? 'repeats' : 'repeat'} an earlier one`,
    ),
    ...warn(
      doubleBos,
      `${part}: ${rowsOf(doubleBos)} ${doubleBos === 1 ? 'begins' : 'begin'} with two BOS tokens`,
    ),
    ...warn(
      missingEos,
      `${part}: ${rowsOf(missingEos)} ${missingEos === 1 ? 'trains' : 'train'} no token that ends the answer`,
    ),
    ...warn(untrained, `${part}: ${rowsOf(untrained)} ${have(untrained)} no trained token`),
    ...warn(
      unknownTokens,
      `${part}: ${plural(unknownTokens, 'token')} ${unknownTokens === 1 ? 'stands' : 'stand'} for text that the vocabulary lacks`,
    ),
  ];
}

const warn = (count: number, text: string): string[] => (count > 0 ? [text] : []);
const rowsOf = (count: number) => plural(count, 'row');
const be = (count: number) => (count === 1 ? 'is' : 'are');
const have = (count: number) => (count === 1 ? 'has' : 'have');
