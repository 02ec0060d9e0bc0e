import { AttuneError, isAttuneError } from '@attune/core';
import { inWordsOfTuneForm } from '../../settings/tune-settings.js';
import { ROWS_PATH } from '../models/workspace.js';

/** The text of an error. A model reads as many tokens as it does, and no field of the page changes that. */
function textOf(error: AttuneError): string {
  const { message, fix = '', data } = error;
  if (!isAttuneError(error, 'EXAMPLE_TOO_LONG') || data?.['length'] === undefined) return message;
  return `${message.replace(fix, '').trim()} Shorten it, or choose “longer rows”: truncate or drop.`;
}

/** The message of whatever was thrown, in the form's words: a line of the rows is one that was pasted. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text =
    error instanceof AttuneError ? inWordsOfTuneForm(textOf(error)) : `${error.name}: ${error.message}`;
  return text.replaceAll(`${ROWS_PATH}, line `, 'Line ').replaceAll(ROWS_PATH, 'The rows');
}
