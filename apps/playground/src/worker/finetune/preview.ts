import { AttuneError } from '@attune/core';
import {
  exampleSource,
  openExampleParts,
  type EncodedExamples,
  type ExamplesReport,
  type RefusedRow,
} from '@attune/data';
import { openTextOf, readExamples, tokenTexts, type ModelText, type RunHost } from '@attune/runs';
import type { MaskedRow, RowsPreview } from '../../messages/finetune.js';
import { tuneConfig, type TuneSettings } from '../../settings/tune-settings.js';
import { ROWS_PATH } from '../models/workspace.js';
import { messageOf } from './message-of.js';
import { readPastedRows } from './pasted-rows.js';
import type { TunePlace } from './tune-host.js';

/** As many as one looks at. */
const MAX_ROWS = 20;
const MAX_TOKENS = 400;
const MAX_FAULTS = 20;

/** Opens the tokenizer of the model that is open, and the template that was chosen. Close it. */
export async function openTuneText({ model, host }: TunePlace, template: string): Promise<ModelText> {
  return openTextOf([host.folder(model.folder)], host, template === 'own' ? undefined : template);
}

/** Rows spread evenly over all of them, with the weight of each token's loss. */
function maskedRows(
  examples: EncodedExamples,
  { tokenizer }: ModelText,
  limit: number,
  isHeldOut: boolean,
): MaskedRow[] {
  const count = Math.min(limit, examples.count);
  return Array.from({ length: count }, (_, i) => {
    const { ids, weights, line } = examples.row(Math.floor((i * examples.count) / count));
    const shown = ids.subarray(0, MAX_TOKENS);
    const tokens = tokenTexts(tokenizer, shown).map((text, at) => ({ text, weight: weights[at]! }));
    return { line, isHeldOut, tokens, more: ids.length - shown.length };
  });
}

/** Notes on what is odd about rows that can be trained on: those of `attune inspect`. */
function notesOf(report: ExamplesReport, layout: string): readonly string[] {
  const { train } = report.parts;
  const columns = Object.entries(report.columns).map(([field, column]) =>
    field === column ? field : `${field} from ${column}`,
  );
  const count = (rows: number | undefined, what: string) =>
    (rows ?? 0) > 0 ? [`${rows} rows ${what}.`] : [];
  const left = report.files.reduce((sum, file) => sum + file.dropped + file.droppedUntrained, 0);
  const cut = report.files.reduce((sum, file) => sum + file.truncated, 0);
  return [
    `Read as ${layout}: ${report.format} (${columns.join(', ')}).`,
    ...count(left, `are left out: they are longer than ${report.maxLength} tokens`),
    ...count(cut, `are cut off at ${report.maxLength} tokens`),
    ...count(train?.duplicates, 'say what an earlier one says'),
    ...count(train?.doubleBos, 'begin with two BOS tokens: the template and the tokenizer both add one'),
    ...count(
      train?.missingEos,
      'do not end in a token that ends an answer: the model does not learn to stop there',
    ),
    ...count(report.leakage.validation?.rows, 'are held out, and trained on as well'),
    ...((train?.unknownTokens ?? 0) > 0
      ? [`${train!.unknownTokens} tokens stand for text that the vocabulary lacks.`]
      : []),
  ];
}

/** A host with the rows that were pasted, as JSONL. */
export const rowsHost = (jsonl: string): Pick<RunHost, 'openRows'> => ({
  openRows: (path, options) =>
    openExampleParts({ train: exampleSource([new TextEncoder().encode(jsonl)], path) }, options),
});

/**
 * Reads pasted rows as fine-tuning would, and shows which tokens carry loss. Nothing is stored.
 *
 * @throws AttuneError those of reading the rows, if none can be trained on.
 */
export async function previewRows(
  place: TunePlace,
  pasted: string,
  settings: TuneSettings,
): Promise<RowsPreview> {
  const text = await openTuneText(place, settings.template);
  try {
    const { layout, jsonl } = readPastedRows(pasted, text.template !== undefined);
    const refused: RefusedRow[] = [];
    let count = 0;
    const config = {
      ...tuneConfig(settings, { model: place.model.name, data: ROWS_PATH }),
      onRefused: (row: RefusedRow) => {
        count++;
        if (refused.length < MAX_FAULTS) refused.push(row);
      },
    };
    const examples = await readExamples(rowsHost(jsonl), config, text, text.positions).catch(
      (error: unknown) => {
        // Where a row was refused, that is why too few are left.
        throw refused[0]?.error ?? error;
      },
    );
    const { train, validation, report } = examples;
    if (train.count === 0) {
      throw refused[0]?.error ?? new AttuneError('FILE_EMPTY', 'No row is left to train on.');
    }
    const heldOut = validation ? maskedRows(validation, text, 4, true) : [];
    return {
      rows: [...maskedRows(train, text, MAX_ROWS - heldOut.length, false), ...heldOut],
      trainRows: train.count,
      heldOutRows: validation?.count ?? 0,
      tokens: report.parts.train?.tokens ?? 0,
      trainedTokens: report.parts.train?.trainedTokens ?? 0,
      faults: [
        ...refused.map(({ error }) => messageOf(error)),
        ...(count > refused.length ? [`${count - refused.length} more rows cannot be trained on.`] : []),
      ],
      notes: notesOf(report, layout),
    };
  } finally {
    await text.close();
  }
}
