import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { spawnSync } from 'node:child_process';
import { assemble, root } from './assemble.js';
import { filesOf } from './components.js';
import { faultsOfFiles } from './manifest.js';

const folder = mkdtempSync(join(tmpdir(), 'gpu-check-test-'));
after(() => rmSync(folder, { recursive: true }));

describe('what is packed', () => {
  const target = join(folder, 'gpu-check');
  const { components } = assemble(target);

  it('is what the check imports, with licences, and nothing of this machine', () => {
    const names = components.map(({ name }) => name);
    for (const name of ['@attune/core', '@attune/lowering-onnx', 'onnxruntime-web', 'webgpu']) {
      assert.ok(names.includes(name), name);
    }
    assert.deepEqual(
      components.filter(({ licence }) => licence === 'not named'),
      [],
    );
    assert.deepEqual(faultsOfFiles(target, [root]), []);
  });

  it('leaves out types, maps and tests, but for the modules that the check runs', () => {
    const files = filesOf(join(target, 'node_modules/@attune'));
    assert.deepEqual(
      files.filter((file) => /\.d\.ts$|\.map$|\.spec\.js$|(^|\/)src\//.test(file)),
      [],
    );
    assert.ok(files.includes('backend-webgpu/dist/testing/traffic.js'));
    assert.ok(files.includes('backend-testkit/fixtures/ops/tensors.safetensors'));
  });

  it('is listed with sizes, the largest first', () => {
    assert.ok(components.every(({ bytes }) => bytes > 0));
    const page = readFileSync(join(target, 'MANIFEST.md'), 'utf8');
    assert.ok(page.indexOf('| onnxruntime-web |') < page.indexOf('| webgpu |'));
  });

  const hasGpu = ['/dev/dri', '/dev/nvidia0'].some((path) => existsSync(path));
  it('runs in an empty environment, and says what is missing where there is no GPU', { skip: hasGpu }, () => {
    const main = join(target, 'app/main.js');
    // No driver is described there.
    const env = { VK_DRIVER_FILES: folder, VK_ICD_FILENAMES: folder };
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, '60'], {
      ...{ cwd: folder, env, encoding: 'utf8' },
    });
    assert.equal(status, 2, stderr);
    assert.match(stdout, /^Missing: No GPU is visible here/);
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
    assert.deepEqual([report.parts, report.ways.length], [[], 2]);
    assert.match(readFileSync(join(folder, 'report.md'), 'utf8'), /^# attune found no GPU/);
  });
});

it('a path of the machine and a credential are found', () => {
  const bad = join(folder, 'bad');
  mkdirSync(bad);
  writeFileSync(join(bad, 'a.js'), '// /home/somebody/attune/x.js');
  writeFileSync(join(bad, '.npmrc'), '//registry.npmjs.org/:_authToken=x');
  assert.deepEqual(faultsOfFiles(bad, ['/home/somebody/attune']), [
    '.npmrc has what looks like a credential',
    'a.js names /home/somebody/attune',
  ]);
});
