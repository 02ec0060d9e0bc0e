/** Numbers and tables of reports, as Markdown. */

/** A number with three figures that count, or a dash. */
export function figure(value) {
  if (value === undefined || value === null || !Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

/** Bytes in GiB, or in MiB where that is the better unit. */
export function sizeOf(bytes) {
  if (bytes === undefined) return '–';
  return bytes < 2 ** 30 ? `${figure(bytes / 2 ** 20)} MiB` : `${figure(bytes / 2 ** 30)} GiB`;
}

/** Text of others within a cell of a table or a line of a list. */
export const oneLine = (text) => String(text).replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Text of others as a block of code, which nothing in it ends. */
export function block(text) {
  const longest = Math.max(2, ...(String(text).match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
