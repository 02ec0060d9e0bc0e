import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { faultsInTarball } from './lint-tarballs.js';

const sound = {
  'package.json': {
    name: 'sample',
    version: '1.0.0',
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20' },
    exports: { '.': { types: './dist/index.d.ts', import: './dist/index.js' } },
    files: ['dist'],
  },
  'dist/index.js': 'export const one = 1;\n',
  'dist/index.d.ts': 'export declare const one = 1;\n',
};

/** A tarball of some files, as npm makes them. */
function tarballOf(files) {
  const folder = mkdtempSync(join(tmpdir(), 'attune-lint-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, 'package', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    }
    execFileSync('tar', ['-czf', 'sample.tgz', 'package'], { cwd: folder });
    return readFileSync(join(folder, 'sample.tgz'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const withManifest = (changes) => ({ ...sound, 'package.json': { ...sound['package.json'], ...changes } });

test('finds nothing in a sound package', async () => {
  assert.deepEqual(await faultsInTarball(tarballOf(sound)), []);
});

test('finds an entry point without its file', async () => {
  const exports = { '.': { types: './dist/index.d.ts', import: './dist/main.js' } };
  assert.match(
    (await faultsInTarball(tarballOf(withManifest({ exports })))).join(),
    /main\.js.*does not exist/,
  );
});

test('finds types that are not there', async () => {
  const { 'dist/index.d.ts': _, ...untyped } = sound;
  assert.match((await faultsInTarball(tarballOf(untyped))).join(), /no types|types/i);
});

test('finds types of another form than the code', async () => {
  const files = {
    ...withManifest({
      type: 'commonjs',
      exports: { '.': { types: './dist/index.d.ts', import: './dist/index.mjs' } },
    }),
    'dist/index.mjs': 'export default 1;\n',
    'dist/index.d.ts': 'declare const one: 1;\nexport default one;\n',
  };
  assert.match((await faultsInTarball(tarballOf(files))).join(), /masquerading/i);
});
