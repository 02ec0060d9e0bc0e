/** One line without controls, and not longer than anybody reads: names come from strangers' files. */
export function oneLine(text: string, most = 300): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').trim();
  return plain.length > most ? `${plain.slice(0, most)}…` : plain;
}

/** A text as a value in YAML. A string of JSON is one of YAML, in quotes; what is not plain ASCII is written as escapes. */
export function yamlText(text: string): string {
  return JSON.stringify(oneLine(text)).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text in Markdown that is shown as it is, as code: nothing in it is a link, a tag or the end of a table's cell. */
export function codeText(text: string): string {
  const line = oneLine(text);
  if (line === '') return '(empty)';
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  // A bar ends a cell even within code.
  return `${fence}${pad}${line.replaceAll('|', '\\|')}${pad}${fence}`;
}

/** Lines of code in Markdown, which nothing in them ends. */
export function codeBlock(text: string, language: string): string {
  const lines = text.split('\n').map((line) => oneLine(line, 10_000).replaceAll('\t', ' '));
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${lines.join('\n')}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
