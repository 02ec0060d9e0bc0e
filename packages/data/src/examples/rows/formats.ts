import { AttuneError, didYouMean } from '@attune/core';
import type { JsonRow } from './json-lines.js';
import { rowError } from './row-error.js';
import { shown } from './text-field.js';

/** The formats of fine-tuning data that are read. */
export const exampleFormats = [
  'messages',
  'completion',
  'text',
  'alpaca',
  'sharegpt',
  'classification',
] as const;

/** One of {@link exampleFormats}. */
export type ExampleFormat = (typeof exampleFormats)[number];

/** Which column of the rows holds each field of a format: `{ prompt: 'question', completion: 'answer' }`. */
export type Columns = Readonly<Record<string, string>>;

/** The format of a data set's rows, and the fields it is read from. */
export interface DetectedFormat {
  readonly format: ExampleFormat;
  /** The column of each field. Of the optional fields, those that some row has. */
  readonly columns: Columns;
  /** Columns that some row has, and that are not read. */
  readonly ignored: readonly string[];
}

export interface FormatOptions {
  /** Default: told from the columns. */
  readonly format?: ExampleFormat;
  /** Default: each field from the column of its own name. */
  readonly columns?: Columns;
}

interface FormatFields {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const fieldsOf: Readonly<Record<ExampleFormat, FormatFields>> = {
  messages: { required: ['messages'], optional: ['tools'] },
  completion: { required: ['prompt', 'completion'], optional: [] },
  text: { required: ['text'], optional: [] },
  alpaca: { required: ['instruction', 'output'], optional: ['input', 'system'] },
  sharegpt: { required: ['conversations'], optional: ['system', 'tools'] },
  classification: { required: ['text', 'label'], optional: [] },
};

/** A format that a row fits, and where its fields are. */
export interface RowFormat {
  readonly format: ExampleFormat;
  /** The columns of all fields, the optional ones too, present in the row or not. */
  readonly columns: Columns;
}

/** The value of a field, or `undefined`: tables that were exported fill the columns that a row lacks with null. */
export function fieldValue({ value }: JsonRow, columns: Columns, field: string): unknown {
  const column = columns[field];
  return column !== undefined && Object.hasOwn(value, column) ? (value[column] ?? undefined) : undefined;
}

/**
 * Tells the format of a row: by the columns it has, and whether its turns say `from` and `value`, or `role` and
 * `content`. Nothing is guessed: a row that fits two formats is an error.
 *
 * @throws AttuneError UNKNOWN_FORMAT if no format fits, or more than one; INVALID_ARGUMENT if `columns` names a field
 * that does not exist.
 */
export function detectRow(row: JsonRow, options: FormatOptions = {}): RowFormat {
  checkColumns(options);
  const fitting = formatsOf(row, options);
  const keys = columnNames(row);
  if (fitting.length > 1) {
    const formats = fitting.map(({ format }) => format);
    throw rowError(
      'UNKNOWN_FORMAT',
      row,
      `the row could be ${formats.join(' or ')} (its columns: ${keys}).`,
      {
        fix: `Name the format, e.g. "${formats[0]}".`,
        data: { formats },
      },
    );
  }
  const [found] = fitting;
  if (found) return found;
  refuseNulls(row, options);
  const names = options.format ? [options.format] : exampleFormats;
  const needed = names.map((name) => `${name} (${fieldsOf[name].required.join(', ')})`).join('; ');
  const what = options.format ?? 'any known format';
  throw rowError('UNKNOWN_FORMAT', row, `the row is not of ${what}; its columns: ${keys}.`, {
    fix: `Known: ${needed}. Other columns can be mapped, e.g. prompt=question completion=answer.`,
    data: { columns: Object.keys(row.value) },
  });
}

/**
 * Checks that a later row is of the format of the first one.
 *
 * @throws AttuneError UNKNOWN_FORMAT if it is of another; INVALID_EXAMPLE if it is of none.
 */
export function checkSameFormat(row: JsonRow, expected: RowFormat, options: FormatOptions): void {
  const fitting = formatsOf(row, options).map(({ format }) => format);
  if (fitting.length === 1 && fitting[0] === expected.format) return;
  const { format, columns } = expected;
  if (fitting.length > 0) {
    throw rowError(
      'UNKNOWN_FORMAT',
      row,
      `the row ${fitting.length > 1 ? 'could be' : 'is'} ${fitting.join(' or ')}, but the rows before it are ${format}.`,
      { fix: 'Keep one format in a data set, or name the one to read.', data: { format, fitting } },
    );
  }
  const { required } = fieldsOf[format];
  const missing = required.filter((field) => fieldValue(row, columns, field) === undefined);
  if (missing.length > 0 && missing.every((field) => isNull(row, columns, field))) {
    throw nullError(row, format, columns, missing);
  }
  const names = missing.map((field) => JSON.stringify(columns[field])).join(' and no ');
  throw rowError('INVALID_EXAMPLE', row, `the row has no ${names || `turns of the format ${format}`}.`, {
    fix: `The rows before it are ${format}: complete the row, or leave it out.`,
    data: { format, missing },
  });
}

/** True if a row has the column of a field, and nothing in it. */
function isNull({ value }: JsonRow, columns: Columns, field: string): boolean {
  const column = columns[field];
  return column !== undefined && Object.hasOwn(value, column) && value[column] === null;
}

function nullError(row: JsonRow, format: ExampleFormat, columns: Columns, missing: readonly string[]) {
  const names = missing.map((field) => JSON.stringify(columns[field]));
  const verb = names.length === 1 ? 'is' : 'are';
  return rowError(
    'INVALID_EXAMPLE',
    row,
    `${names.join(' and ')} ${verb} null, which no row of ${format} may have.`,
    {
      fix: 'Fill it in, or leave the row out; "" is a text without characters.',
      data: { format, missing },
    },
  );
}

/**
 * Refuses a row that has the columns of a format, but null in some that the format needs.
 *
 * @throws AttuneError INVALID_EXAMPLE that names them: of the format with the most fields that are filled in.
 */
function refuseNulls(row: JsonRow, { format: given, columns = {} }: FormatOptions): void {
  const [nearest] = (given ? [given] : exampleFormats)
    .map((format) => {
      const { required } = fieldsOf[format];
      const mapping = Object.fromEntries(
        required.map((field) => [field, Object.hasOwn(columns, field) ? columns[field]! : field]),
      );
      const missing = required.filter((field) => fieldValue(row, mapping, field) === undefined);
      return { format, mapping, missing, filled: required.length - missing.length };
    })
    .filter(
      ({ mapping, missing }) => missing.length > 0 && missing.every((field) => isNull(row, mapping, field)),
    )
    .sort((a, b) => b.filled - a.filled);
  if (nearest) throw nullError(row, nearest.format, nearest.mapping, nearest.missing);
}

/** The formats a row fits. A text with a label is not just a text. */
function formatsOf(row: JsonRow, { format: given, columns = {} }: FormatOptions): RowFormat[] {
  const fitting = (given ? [given] : exampleFormats).flatMap((format): RowFormat[] => {
    const { required, optional } = fieldsOf[format];
    // A mapping of fields that a format does not have is meant for another one.
    if (Object.keys(columns).some((field) => !required.includes(field) && !optional.includes(field)))
      return [];
    const mapping = columnsOf(format, row, columns);
    if (required.some((field) => fieldValue(row, mapping, field) === undefined)) return [];
    if (!given && !turnsFit(format, row, mapping)) return [];
    return [{ format, columns: mapping }];
  });
  const labelled = fitting.some(({ format }) => format === 'classification');
  return labelled ? fitting.filter(({ format }) => format !== 'text') : fitting;
}

/** Both kinds of turns are found under both names. */
const alternatives: Readonly<Record<string, string>> = {
  messages: 'conversations',
  conversations: 'messages',
};

function columnsOf(format: ExampleFormat, row: JsonRow, columns: Columns): Columns {
  const { required, optional } = fieldsOf[format];
  return Object.fromEntries(
    [...required, ...optional].map((field) => {
      if (Object.hasOwn(columns, field)) return [field, columns[field]!];
      const own = { [field]: field };
      const other = alternatives[field];
      return [field, other && fieldValue(row, own, field) === undefined ? other : field];
    }),
  );
}

/** True if turns say who speaks as the format does. Where there is no turn, its column tells what it would be. */
function turnsFit(format: ExampleFormat, row: JsonRow, columns: Columns): boolean {
  if (format !== 'messages' && format !== 'sharegpt') return true;
  const field = fieldsOf[format].required[0]!;
  const turns = fieldValue(row, columns, field);
  const first: unknown = Array.isArray(turns) ? turns[0] : undefined;
  if (typeof first !== 'object' || first === null) return columns[field] === field;
  return Object.hasOwn(first, 'from') === (format === 'sharegpt');
}

/** As many as a message has room for. */
const NAMED_COLUMNS = 20;

function columnNames({ value }: JsonRow): string {
  const names = Object.keys(value);
  if (names.length === 0) return 'none';
  const shownNames = names.slice(0, NAMED_COLUMNS).map(shown);
  return [...shownNames, ...(names.length > NAMED_COLUMNS ? ['…'] : [])].join(', ');
}

function checkColumns({ format, columns = {} }: FormatOptions): void {
  const formats = format ? [format] : exampleFormats;
  const known = new Set(formats.flatMap((name) => [...fieldsOf[name].required, ...fieldsOf[name].optional]));
  for (const field of Object.keys(columns)) {
    if (known.has(field)) continue;
    const of = format ? `the format ${format}` : 'a format';
    throw new AttuneError('INVALID_ARGUMENT', `${JSON.stringify(field)} is not a field of ${of}.`, {
      fix: didYouMean(field, known),
    });
  }
}
