import type { RowPlace } from './example.js';
import { rowError } from './row-error.js';

/** @throws AttuneError INVALID_EXAMPLE unless the value is text that can be written as UTF-8. */
export function textOf(row: RowPlace, what: string, value: unknown): string {
  if (typeof value !== 'string') {
    throw rowError('INVALID_EXAMPLE', row, `"${what}" must be text, but is ${shown(value)}.`, {
      fix: value === null ? 'Fill it in, or leave the row out.' : 'Write it as a string.',
    });
  }
  const lone = LONE_SURROGATE.exec(value);
  if (!lone) return value;
  const unit = value.charCodeAt(lone.index).toString(16);
  throw rowError(
    'INVALID_EXAMPLE',
    row,
    `"${what}" has half a character, \\u${unit}, at character ${lone.index + 1}: no tokenizer takes it.`,
    { fix: 'Escapes above \\uffff come in pairs; leave the broken one out.' },
  );
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** A value as a message shows it: short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
