import { AttuneError, isAttuneError, type ErrorCode, type ErrorDetails } from '@attune/core';
import type { RowPlace } from './example.js';

/** A place in a file, as messages name it: `train.jsonl, line 7`. */
function placeOf({ file, line }: RowPlace): string {
  return `${file}, line ${line}`;
}

/** An error about a row: its message begins with the file and the line, and `data` has them too. */
export function rowError(
  code: ErrorCode,
  place: RowPlace,
  message: string,
  details: ErrorDetails = {},
): AttuneError {
  const { file, line } = place;
  return new AttuneError(code, `${placeOf(place)}: ${message}`, {
    ...details,
    data: { ...details.data, file, line },
  });
}

/** An error met while a row was worked on, with the place of the row. Errors that are not ours stay what they are. */
export function atRow(place: RowPlace, error: unknown): unknown {
  if (!isAttuneError(error) || error.data?.['file'] !== undefined) return error;
  return rowError(error.code, place, error.message, { cause: error, data: error.data });
}
