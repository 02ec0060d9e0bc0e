import { shellWord } from '@attune/core';
import { renamed } from './commands.js';

/** The kind of a file that has no JSON object on its first line, and what to do. */
export interface NotJsonLines {
  readonly kind: 'html' | 'csv' | 'tsv';
  readonly called: string;
  readonly fix: string;
}

/** The way out for JSON that is written over several lines, or with a list of rows on one; it begins with `text`. */
export function oneObjectALine(file: string, text: string): string {
  const list = text.trimStart().startsWith('[');
  const ending = ['.json', '.jsonl'].find((one) => file.toLowerCase().endsWith(one));
  const out =
    ending === '.jsonl' ? `${file.slice(0, -ending.length)}.rows.jsonl` : renamed(file, '.json', '.jsonl');
  const command = `jq -c ${list ? '".[]"' : '.'} ${shellWord(file)} > ${shellWord(out)}`;
  return `JSONL is one object a line, and no list: \`${command}\` writes it so.`;
}

/** The kind of a text file that was to be JSON lines, as far as its first line tells. */
export function notJsonLines(file: string, line: string): NotJsonLines | undefined {
  const text = line.trim();
  if (/^<(?:!doctype\s+html|html|head|body|\?xml)\b/i.test(text)) {
    return {
      kind: 'html',
      called: 'a web page, as sites send it in place of a file',
      fix: 'Download the file itself: of the hub, by the address with /resolve/ in place of /blob/.',
    };
  }
  return table(file, text);
}

/** Two names of columns at least, between commas, semicolons or tabs. */
function table(file: string, text: string): NotJsonLines | undefined {
  const name = file.toLowerCase();
  const columns = (separator: string) => text.split(separator).length;
  const isNamed = /\.(?:csv|tsv|tab)$/.test(name);
  const separator = ['\t', ',', ';']
    .filter((one) => columns(one) > 1)
    .sort((a, b) => columns(b) - columns(a))[0];
  if (!isNamed && (separator === undefined || !isHeading(text.split(separator)))) return undefined;
  const delimiter = separator ?? ',';
  const isTabs = delimiter === '\t';
  const out = renamed(file, /\.(?:csv|tsv|tab)$/.exec(name)?.[0] ?? '.csv', '.jsonl');
  const dialect = delimiter === ',' ? '' : `, delimiter='${isTabs ? String.raw`\t` : delimiter}'`;
  const script =
    'import csv, json, sys; csv.field_size_limit(2**31 - 1); ' +
    `[print(json.dumps(row)) for row in csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8-sig')${dialect})]`;
  return {
    kind: isTabs ? 'tsv' : 'csv',
    called: `a table (${isTabs ? 'TSV' : 'CSV'})`,
    fix: `Write it as JSON lines first: \`python3 -c "${script}" ${shellWord(file)} > ${shellWord(out)}\`.`,
  };
}

/** True if fields are such as columns are called: `prompt`, `"completion"`, `input text`. */
function isHeading(fields: readonly string[]): boolean {
  return fields.every((field) => /^"?[\p{L}_][\p{L}\p{N}_ .-]{0,40}"?$/u.test(field.trim()));
}
