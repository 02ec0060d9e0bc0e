import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const home = fileURLToPath(new URL('.', import.meta.url));
const { scripts } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** Runs the script of a runtime. `undefined` where that is not installed. */
function losses(runtime, folder) {
  const [command, ...args] = scripts[runtime].split(' ');
  const { error, status, stdout, stderr } = spawnSync(command, [...args, folder], {
    cwd: home,
    encoding: 'utf8',
  });
  if (error?.code === 'ENOENT') return undefined;
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, new RegExp(`^${runtime}`, 'i'));
  assert.match(stdout, /^the .*(sat on|sang to) the/m);
  return [...stdout.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
}

const folder = mkdtempSync(join(tmpdir(), 'attune-runtimes-'));
let expected = [];

test('learns the text on Node', () => {
  expected = losses('node', join(folder, 'node'));
  assert.ok(expected.length === 4 && expected[3] < expected[0] - 2, expected.join(' '));
});

for (const runtime of ['bun', 'deno']) {
  test(`learns the same on ${runtime}`, (t) => {
    const found = losses(runtime, join(folder, runtime));
    if (!found) return t.skip(`${runtime} is not installed`);
    // Rounding differs between JavaScript engines, and training amplifies it: the first losses agree, the last one is as low.
    for (const i of [0, 1]) assert.ok(Math.abs(found[i] - expected[i]) < 1e-3, `${found} for ${expected}`);
    assert.ok(Math.abs(found[3] - expected[3]) < 0.1, `${found} for ${expected}`);
  });
}

test.after(() => rmSync(folder, { recursive: true }));
