/** Splits `… (default: X)` at the end of a description from the rest. */
export function splitDefault(description) {
  const [, text, value] = /^(.*?)\s*\(default: (.+)\)$/s.exec(description) ?? [];
  return text === undefined ? { text: description } : { text, value };
}

/** Text as one cell of a Markdown table. */
export const cell = (text) =>
  text
    .replaceAll('\n', ' ')
    .replaceAll('|', '\\|')
    .replaceAll(/<(?=\w)/g, '&lt;')
    // A flag or a glob is code, and a star is no emphasis.
    .replaceAll(/(?<![`\w-])--[a-z][a-z\d-]*(?: (?:cuda|cpu|wasm)\b)?/g, '`$&`')
    .replaceAll(/(?<!\\)\*+/g, (stars) => `\`${stars}\``);

/** Text as code in a cell. */
export const code = (text) => `\`${text.replaceAll('|', '\\|')}\``;

/** A Markdown table. */
export const table = (heads, rows) =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Values by the group they belong to, in the order in which groups first occur. */
export function grouped(values, groupOf) {
  const groups = new Map();
  for (const value of values) {
    const name = groupOf(value);
    groups.set(name, [...(groups.get(name) ?? []), value]);
  }
  return groups;
}
