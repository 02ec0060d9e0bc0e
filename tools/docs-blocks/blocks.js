import { readFileSync } from 'node:fs';

/**
 * A fenced block of a Markdown file.
 *
 * @typedef {{ file: string, line: number, language: string, code: string, marks: string[] }} Block
 */

/**
 * The `sh` and `ts` blocks of a file, in their order. A comment right before a block, `<!-- block: WORD… -->`, says how it
 * is run:
 *
 * - `first`: installs and trains; `.ci/run` runs it line by line before all else.
 * - `elsewhere`: takes minutes, and a spec of its own runs the same with less.
 * - `hub`: needs the Hugging Face hub, in place of which there is one on this machine.
 * - `serves`: serves a page until it is ended.
 * - `program`: is a module of its own, for apps/docs/check-blocks.js, where others of its page make up one.
 *
 * @returns {Block[]}
 */
export function readBlocks(path, file = path) {
  const blocks = [];
  const lines = readFileSync(path, 'utf8').split('\n');
  let open;
  let marks = [];
  for (const [index, text] of lines.entries()) {
    if (open) {
      if (text.trim() === '```') {
        if (['sh', 'ts'].includes(open.language)) blocks.push({ ...open, code: open.lines.join('\n') });
        open = undefined;
        marks = [];
      } else open.lines.push(text);
      continue;
    }
    const [, language] = /^```(\w*)/.exec(text) ?? [];
    const [, words] = /^<!-- block: (.*) -->$/.exec(text) ?? [];
    if (language !== undefined) open = { file, line: index + 1, language, lines: [], marks };
    else if (words !== undefined) marks = words.trim().split(/\s+/);
    else if (text.trim() !== '') marks = [];
  }
  const known = ['first', 'elsewhere', 'hub', 'serves', 'program'];
  for (const { line, marks } of blocks) {
    const unknown = marks.find((mark) => !known.includes(mark));
    if (unknown !== undefined)
      throw new Error(`${file}:${line}: there is no mark "${unknown}", but ${known.join(', ')}.`);
  }
  return blocks;
}
