import { COLUMNS, readings } from '../metrics/columns.js';
import type { RunLog } from '../metrics/run-log.js';

/** Beginnings of a cell that a spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection. */
const FORMULA = /^[=+\-@\t\r]/;

/** A text as a cell: quoted where it has to be (RFC 4180), and never a formula. */
function textCell(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

const line = (cells: readonly string[]) => `${cells.join(',')}\r\n`;

/** The columns of a log: those of every log, then those that only this one has. */
async function columnsOf(log: RunLog): Promise<readonly string[]> {
  const known = COLUMNS.map(({ key }) => key);
  const found = new Set(known);
  for await (const metrics of log.steps()) {
    for (const { key } of readings(metrics)) if (found.size < 2 * known.length) found.add(key);
  }
  return [...found];
}

/**
 * The log of a run as CSV (RFC 4180), line by line: a header, then a line for each step. Numbers are not rounded; a cell is
 * empty where a step has none. Texts of the log that a spreadsheet would compute are quoted by `'`.
 */
export async function* runCsv(log: RunLog): AsyncGenerator<string, void, undefined> {
  const columns = await columnsOf(log);
  yield line(columns.map(textCell));
  for await (const metrics of log.steps()) {
    const values = new Map(readings(metrics).map(({ key, value }) => [key, value]));
    values.set('step', metrics.step);
    yield line(columns.map((key) => cellOf(values.get(key))));
  }
}

const cellOf = (value: number | undefined) => (Number.isFinite(value) ? String(value) : '');
