import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { sizesOf } from './bundle.js';

const root = mkdtempSync(join(tmpdir(), 'attune-size-'));
after(() => rmSync(root, { recursive: true }));

/** Text that gzip cannot shorten to less than a kilobyte. */
const noise = Array.from({ length: 32 }, (_, i) => createHash('sha256').update(String(i)).digest('hex')).join(
  '',
);

function write(files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

write({
  'node_modules/onnxruntime-sample/package.json': '{ "type": "module", "main": "index.js" }',
  'node_modules/onnxruntime-sample/index.js': `export default '${noise}';`,
  'part.js': `export const used = () => 1; export const unused = '${noise}';`,
  'later.js': `export default '${noise}';`,
});

test('does not count what nobody uses', async () => {
  write({ 'entry.js': `import { used } from './part.js'; console.log(used());` });
  assert.ok((await sizesOf(root, 'entry.js')).code < 300);
});

test('counts what is loaded later', async () => {
  write({ 'entry.js': `import('./later.js').then(console.log);` });
  assert.ok((await sizesOf(root, 'entry.js')).code > 1024);
});

test('counts a worker', async () => {
  write({
    'worker.js': `import text from './later.js'; postMessage(text);`,
    'entry.js': `new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });`,
  });
  assert.ok((await sizesOf(root, 'entry.js')).code > 1024);
});

test('does not count an engine of others that is loaded later, and counts one that is loaded at once', async () => {
  write({ 'entry.js': `import('onnxruntime-sample').then(console.log);` });
  const lazy = await sizesOf(root, 'entry.js');
  assert.ok(lazy.code < lazy.later);
  write({ 'entry.js': `import text from 'onnxruntime-sample'; console.log(text);` });
  assert.ok((await sizesOf(root, 'entry.js')).code > 1024);
});
