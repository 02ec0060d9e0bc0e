import { readFileSync } from 'node:fs';

/**
 * A fenced block of a Markdown file, with its line (from 1) and how it is run.
 *
 * @typedef {{ file: string, line: number, language: string, code: string, marks: string[], reason?: string }} Block
 */

/** Languages that are run. */
export const RUNNABLE = ['sh', 'ts', 'js', 'python'];

const MARKS = ['first', 'elsewhere', 'hub', 'serves', 'program', 'skip'];

/** A line that is code by its indentation alone: after a blank line, and not within a list. */
const INDENTED = /^ {4}\S/;

/**
 * The blocks of a file, in their order. A comment right before a block, `<!-- block: MARK… -->`, says how it is run:
 *
 * - `first`: installs and trains; `.ci/run` runs it line by line before all else.
 * - `elsewhere`: takes minutes, and a spec of its own runs the same with less.
 * - `hub`: needs the Hugging Face hub, in place of which there is one on this machine.
 * - `serves`: serves until the page's last block has run.
 * - `program`: is a module of its own, where the other `ts` blocks of its page make up one.
 * - `skip: REASON`: is not run, for this reason.
 *
 * @returns {Block[]}
 * @throws Error for code that is only indented, a fence without a language, or a mark that does not exist.
 */
export function readBlocks(path, file = path) {
  const blocks = [];
  const lines = readFileSync(path, 'utf8').split('\n');
  let open;
  let marks = [];
  let reason;
  let inList = false;
  for (const [index, text] of lines.entries()) {
    const where = `${file}:${index + 1}`;
    if (open) {
      if (text.trim() === open.fence) {
        const { lines: code, fence: _fence, ...block } = open;
        blocks.push({ ...block, code: code.join('\n') });
        open = undefined;
        marks = [];
        reason = undefined;
      } else open.lines.push(text);
      continue;
    }
    const [, fence, language] = /^\s*(```+)(\w*)/.exec(text) ?? [];
    const [, words] = /^<!-- block: (.*) -->$/.exec(text) ?? [];
    if (fence !== undefined) {
      if (language === '')
        throw new Error(`${where}: a block has no language: write text where it has none.`);
      open = { file, line: index + 1, language, fence, lines: [], marks, ...(reason && { reason }) };
    } else if (words !== undefined) {
      const [, why] = /^skip: (.+)$/.exec(words.trim()) ?? [];
      reason = why;
      marks = why === undefined ? words.trim().split(/\s+/) : ['skip'];
      const unknown = marks.find((mark) => !MARKS.includes(mark));
      if (unknown !== undefined)
        throw new Error(`${where}: there is no mark "${unknown}", but ${MARKS.join(', ')}.`);
      if (marks.includes('skip') && reason === undefined)
        throw new Error(`${where}: a block is skipped without a reason: write skip: and why.`);
    } else if (text.trim() !== '') {
      if (INDENTED.test(text) && !inList && lines[index - 1]?.trim() === '')
        throw new Error(`${where}: code is only indented: put it between fences, with its language.`);
      inList = /^\s*([-*]|\d+\.) /.test(text) || (inList && /^\s/.test(text));
      marks = [];
      reason = undefined;
    }
  }
  return blocks;
}
