import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { makeTemporaryFolder } from './temporary-folder.js';

const root = mkdtempSync(join(tmpdir(), 'gpu-check-test-'));
after(() => rmSync(root, { recursive: true }));
const folder = (name) => mkdtempSync(join(root, name));

describe('the temporary folder', () => {
  const [a, b] = [folder('a'), folder('b')];

  it('is in the first place that takes files', () => {
    assert.equal(dirname(makeTemporaryFolder([join(root, 'missing'), a, b])), a);
  });

  it('is where files can be executed, and leaves nothing elsewhere', () => {
    const [c, d] = [folder('c'), folder('d')];
    assert.equal(dirname(makeTemporaryFolder([c, d], (path) => dirname(path) === d)), d);
    assert.deepEqual(readdirSync(c), []);
    assert.equal(dirname(makeTemporaryFolder([c, d], () => false)), c);
  });

  it('is missed where nothing takes files', () => {
    assert.throws(
      () => makeTemporaryFolder([join(root, 'missing')]),
      /No folder takes temporary files: ENOENT/,
    );
  });
});
