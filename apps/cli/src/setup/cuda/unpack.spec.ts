import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { runProgram } from './tools.js';
import { unpack } from './unpack.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'attune-unpack-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function wheel(files: Readonly<Record<string, string>>): string {
  const file = join(root, 'tensorflow.whl');
  writeFileSync(
    file,
    zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]))),
  );
  return file;
}

test('of a wheel, the libraries and the headers are taken', async () => {
  const file = wheel({
    'tensorflow/libtensorflow_cc.so.2': 'library',
    'tensorflow/include/tensorflow/c/c_api.h': 'header',
    'tensorflow/include/external/llvm/x.h': 'of no use',
    'tensorflow/python/ops.py': 'of no use',
    'nvidia/cublas/lib/libcublas.so.12': 'library',
  });
  const out = join(root, 'out');
  await unpack(file, out, { run: runProgram });
  expect(readFileSync(join(out, 'tensorflow/libtensorflow_cc.so.2'), 'utf8')).toBe('library');
  expect(readFileSync(join(out, 'tensorflow/include/tensorflow/c/c_api.h'), 'utf8')).toBe('header');
  expect(readFileSync(join(out, 'nvidia/cublas/lib/libcublas.so.12'), 'utf8')).toBe('library');
  expect(readdirSync(join(out, 'tensorflow')).sort()).toEqual(['include', 'libtensorflow_cc.so.2']);
  expect(readdirSync(join(out, 'tensorflow', 'include'))).toEqual(['tensorflow']);
});

test('nothing is written outside of the folder', async () => {
  const file = wheel({ 'tensorflow/include/tensorflow/../../../../escaped.h': 'x' });
  await expect(unpack(file, join(root, 'out'), { run: runProgram })).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
  });
  expect(existsSync(join(root, 'escaped.h'))).toBe(false);
});

test.each(['a.whl', 'a.tar.gz'])('%s that is none is corrupt', async (name) => {
  const file = join(root, name);
  writeFileSync(file, 'not an archive');
  await expect(unpack(file, join(root, 'out'), { run: runProgram })).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining(name),
  });
});

test('a program that fails gives the end of its output, one that is missing says so', async () => {
  const node = (script: string) => runProgram(process.execPath, ['-e', script], { cwd: root });
  expect(await node('console.log("1"); console.error("2")')).toBe('1\n');
  await expect(node('console.error("boom"); process.exit(3)')).rejects.toMatchObject({
    code: 'SETUP_FAILED',
    message: expect.stringMatching(/ended with code 3:\nboom/),
  });
  await expect(runProgram('no-such-program', [], { cwd: root })).rejects.toMatchObject({
    message: expect.stringContaining('"no-such-program" is not installed'),
    data: { missing: true },
  });
});
