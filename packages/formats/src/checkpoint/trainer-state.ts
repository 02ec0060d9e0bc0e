import { AttuneError, type Checkpoint } from '@attune/core';
import { formatJson, hashText, isJsonObject, type JsonObject } from '@attune/files';

/** Names of what a checkpoint has beside its model's folder. */
export const TRAINER_STATE_JSON = 'trainer_state.json';
export const OPTIMIZER_SAFETENSORS = 'optimizer.safetensors';

/** Version of the document; raised when its meaning changes. */
const FORMAT = 1;

/** The contents of `trainer_state.json`: all of a {@link Checkpoint} but its tensors. */
export interface TrainerState extends Pick<
  Checkpoint,
  'step' | 'tokens' | 'seed' | 'data' | 'lossStatistics'
> {
  /** Whatever the run wants to find again. */
  readonly run: JsonObject;
  /** The versions of the software that wrote it, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** The SHA-256 of the other files, and of this document without its own, hexadecimal. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** The document as it is written: with a checksum of itself, so that a change by hand is seen. */
export function formatTrainerState(state: TrainerState): string {
  const sha256 = { ...state.sha256, [TRAINER_STATE_JSON]: checksum({ format: FORMAT, ...state }) };
  return formatJson({ format: FORMAT, ...state, sha256 });
}

function checksum(document: JsonObject): string {
  return hashText(formatJson(document));
}

/** True if a document is still as it was written. */
function isUnchanged(json: JsonObject): boolean {
  const { [TRAINER_STATE_JSON]: own, ...sha256 } = json['sha256'] as Record<string, string>;
  return own === checksum({ ...json, sha256 });
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
/** Targets that carry loss: a weight below 1 counts as a part of one. */
const isAmount = (value: unknown) => Number.isFinite(value) && (value as number) >= 0;
const isText = (value: unknown) => typeof value === 'string';
const isHash = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isPlain = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value);
const recordOf = (check: (value: unknown) => boolean) => (value: unknown) =>
  isJsonObject(value) && Object.values(value).every(check);

const fields: Readonly<Record<keyof TrainerState, [check: (value: unknown) => boolean, expected: string]>> = {
  step: [isCount, 'a non-negative integer'],
  tokens: [isAmount, 'a non-negative number'],
  seed: [Number.isFinite, 'a number'],
  data: [recordOf(isPlain), 'an object of strings, numbers, booleans and null'],
  lossStatistics: [
    (value) => value === undefined || recordOf(Number.isFinite)(value),
    'an object of numbers',
  ],
  run: [isJsonObject, 'an object'],
  versions: [recordOf(isText), 'an object of strings'],
  sha256: [recordOf(isHash), 'an object of SHA-256 checksums'],
};

/**
 * Checks the contents of a `trainer_state.json`.
 *
 * @param path of the file, for messages.
 * @throws AttuneError CHECKPOINT_MISMATCH if another program or a later version wrote it; FILE_CORRUPT that lists every
 * key with a wrong value, or says that the document was changed.
 */
export function parseTrainerState(json: JsonObject, path: string): TrainerState {
  const { format } = json;
  if (format !== FORMAT) {
    const later = Number.isSafeInteger(format) && (format as number) > FORMAT;
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      later
        ? `${path} has format ${String(format)}, but only format ${FORMAT} can be read.`
        : `${path} was not written by attune: its format should be ${FORMAT}, but is ${JSON.stringify(format) ?? 'missing'}.`,
      {
        fix: later
          ? 'Update attune.'
          : 'To start a new run from this model, use it as the initial weights instead.',
      },
    );
  }
  const faults = Object.entries(fields)
    .filter(([key, [check]]) => !check(json[key]))
    .map(([key, [, expected]]) => `${key} must be ${expected}`);
  if (faults.length === 0 && !isUnchanged(json)) faults.push('it is not as it was written');
  if (faults.length > 0) {
    throw new AttuneError('FILE_CORRUPT', `${path} is damaged: ${faults.join('; ')}.`, {
      fix: 'Resume from an earlier checkpoint.',
      data: { faults },
    });
  }
  const { step, tokens, seed, data, lossStatistics, run, versions, sha256 } = json as unknown as TrainerState;
  return { step, tokens, seed, data, lossStatistics, run, versions, sha256 };
}
