import { AttuneError } from '@attune/core';
import { encodeExample, type RefusedRow } from '@attune/data';
import type { OpenExamples, RunHost } from '../../models/model/host.js';
import type { ModelText } from '../../models/text/model-text.js';
import { parseColumns, type FineTuningDataSettings } from './row-fields.js';

/** Longer rows than this are asked for, and not taken because a model could. */
const LARGEST_DEFAULT_LENGTH = 2048;

/** How rows are read, but for the template, which the text has. */
export interface ReadExamplesOptions extends Omit<FineTuningDataSettings, 'template'> {
  readonly seed: number;
  /** See `encodeExamples`: for reports. */
  readonly onRefused?: (refused: RefusedRow) => void;
}

/**
 * Reads and encodes fine-tuning data for a model.
 *
 * @param positions how many the model has, if that is known.
 * @param vocabSize of the model, if that is known.
 * @throws AttuneError as {@link RunHost.openRows}; INVALID_CONFIG if rows may be longer than the model can read;
 * TOKEN_OUT_OF_RANGE, with file and line, if a row has a token that the model does not have.
 */
export async function readExamples(
  host: Pick<RunHost, 'openRows'>,
  config: ReadExamplesOptions,
  text: ModelText,
  positions?: number,
  vocabSize = Infinity,
): Promise<OpenExamples> {
  const { data, format, columns, trainOn, onOverlength, validationFraction, seed, onRefused } = config;
  const { tokenizer, specialTokens, template } = text;
  const { maxLength = Math.min(positions ?? Infinity, LARGEST_DEFAULT_LENGTH) } = config;
  if (positions !== undefined && maxLength > positions) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `--max-length is ${maxLength}, but the model reads at most ${positions} tokens.`,
      { fix: `Use at most ${positions}.` },
    );
  }
  return host.openRows(data, {
    ...{ maxLength, onOverlength, validationFraction, seed, onRefused },
    ...(format !== 'auto' && { format }),
    columns: parseColumns(columns),
    alpaca: template ? 'messages' : 'completion',
    async encode(example) {
      const encoded = await encodeExample(example, { tokenizer, specialTokens, template, trainOn });
      checkVocabulary(encoded.ids, vocabSize);
      return encoded;
    },
    reported: { bos: specialTokens.bos, ends: await text.endIds(), unk: specialTokens.unk },
  });
}

function checkVocabulary(ids: Int32Array, vocabSize: number): void {
  const foreign = ids.find((id) => id >= vocabSize);
  if (foreign === undefined) return;
  throw new AttuneError(
    'TOKEN_OUT_OF_RANGE',
    `the tokenizer gives id ${foreign}, but the model's vocabulary has ${vocabSize} tokens.`,
    { fix: 'Put the tokenizer.json that the model was trained with into its folder.' },
  );
}
