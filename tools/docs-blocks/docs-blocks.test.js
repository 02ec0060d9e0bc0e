/** Tests of how code is found in the guides, and of the guides themselves: `node --test tools/docs-blocks`. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readBlocks } from './blocks.js';
import { modulesOf } from './modules.js';
import { runnablePages, translations } from './pages.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The blocks of a page that says this. */
function blocksOf(text) {
  const folder = mkdtempSync(join(tmpdir(), 'attune-page-'));
  try {
    writeFileSync(join(folder, 'page.md'), text);
    return readBlocks(join(folder, 'page.md'), 'page.md');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('blocks have their line, language and marks', () => {
  const text = '# A\n\n<!-- block: hub -->\n\n```sh\nattune doctor\n```\n\n```text\nout\n```\n';
  assert.deepEqual(blocksOf(text), [
    { file: 'page.md', line: 5, language: 'sh', code: 'attune doctor', marks: ['hub'] },
    { file: 'page.md', line: 9, language: 'text', code: 'out', marks: [] },
  ]);
});

test('a mark belongs to the next block only', () => {
  const [first, second] = blocksOf('<!-- block: serves -->\n\n```sh\na\n```\n\n```sh\nb\n```\n');
  assert.deepEqual([first.marks, second.marks], [['serves'], []]);
});

test('a block that is skipped says why', () => {
  const [block] = blocksOf('<!-- block: skip: needs a GPU -->\n\n```sh\na\n```\n');
  assert.equal(block.reason, 'needs a GPU');
  assert.throws(() => blocksOf('<!-- block: skip -->\n\n```sh\na\n```\n'), /page.md:1: .*without a reason/);
});

test('an unknown mark, a fence without a language and code that is only indented are refused', () => {
  assert.throws(() => blocksOf('<!-- block: never -->\n'), /page.md:1: there is no mark "never"/);
  assert.throws(() => blocksOf('```\na\n```\n'), /page.md:1: a block has no language/);
  assert.throws(() => blocksOf('Run\n\n    attune doctor\n'), /page.md:3: code is only indented/);
  assert.doesNotThrow(() => blocksOf('- a list\n\n    goes on\n'));
});

test('the ts blocks of a page are one module with its lines, programs are their own, what is skipped does not run', () => {
  const text =
    '```ts\na;\n```\n\n<!-- block: program -->\n\n```ts\nb;\n```\n\n<!-- block: skip: x -->\n\n```ts\nc;\n```\n';
  const modules = modulesOf(blocksOf(text));
  assert.deepEqual(
    modules.map(({ source, runs }) => [source.trim().split(/\n+/), runs.trim()]),
    [
      [['a;', 'c;'], 'a;'],
      [['b;'], 'b;'],
    ],
  );
  assert.equal(modules[0].source.split('\n')[1], 'a;');
});

test('every page of the guides can be read', () => {
  const pages = runnablePages(root);
  assert.ok(pages.length > 15);
  for (const page of pages) readBlocks(join(root, page), page);
});

test('a page in another language has the code of the English one, to the letter', () => {
  const pairs = translations(root);
  assert.ok(pairs.length > 0);
  const code = (page) =>
    readBlocks(join(root, page), page).map(({ language, code: text }) => [language, text]);
  for (const { page, original } of pairs) assert.deepEqual(code(page), code(original), page);
});
