import { shortened } from '@attune/core';
import { escapeName, escapeText } from '../page/escape.js';

/** The longest text of a stranger's that a page shows whole. */
const MAX_TEXT = 4000;

/** A value of a setting, for people. */
export function shownValue(value: unknown): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'string') return shortened(value, 200);
  return shortened(JSON.stringify(value) ?? String(value), 200);
}

/** A part of a page under a heading; nothing where it has no contents. */
export function section(heading: string, contents: string): string {
  return contents === '' ? '' : `<section>\n<h2>${escapeText(heading)}</h2>\n${contents}\n</section>`;
}

/** Lines of a name and a value. */
export function facts(lines: readonly (readonly [name: string, value: string])[]): string {
  if (lines.length === 0) return '';
  const rows = lines.map(
    ([name, value]) => `<tr><th scope="row">${escapeName(name)}</th><td>${escapeText(value)}</td></tr>`,
  );
  return `<div class="scroll"><table>\n${rows.join('\n')}\n</table></div>`;
}

/** A table with a heading for each column. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const head = headings.map((heading) => `<th scope="col">${escapeName(heading)}</th>`).join('');
  const body = rows.map(
    (cells) => `<tr>${cells.map((cell) => `<td>${escapeText(cell)}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll"><table>\n<tr>${head}</tr>\n${body.join('\n')}\n</table></div>`;
}

/** A text as it is, in a box. */
export function verbatim(text: string): string {
  return `<pre>${escapeText(shortened(text, MAX_TEXT))}</pre>`;
}
