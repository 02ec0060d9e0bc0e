import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { runAttune, TEXT, TINY } from '../testing/run-attune.js';
import { importFor } from '../environment/importer.js';

/**
 * A folder with packages and programs that tell when they run, in the place of all that attune might look for. What runs in
 * threads and processes of attune's own is tried on an installation: tools/packages/strangers-folder.js.
 */
let folder: string;
let root: string;
let marker: string;
const before = { cwd: process.cwd(), path: process.env['PATH'] };

const at = (...parts: string[]) => join(folder, ...parts);

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), text);
}

async function plantPackage(name: string): Promise<void> {
  const run = `require('node:fs').appendFileSync(${JSON.stringify(marker)}, ${JSON.stringify(`${name}\n`)});`;
  const home = `node_modules/${name}`;
  await put(`${home}/package.json`, JSON.stringify({ name, version: '4.22.0', main: 'index.cjs' }));
  await put(`${home}/index.cjs`, `${run} module.exports = {};`);
  await put(`${home}/webgpu/index.js`, run);
  // What makes the package for CUDA look as if it could be loaded.
  await put(`${home}/lib/napi-v8/tfjs_binding.node`, '');
  await put(`${home}/deps/lib/libtensorflow.so.2`, '');
}

async function plantProgram(name: string): Promise<void> {
  await put(`node_modules/.bin/${name}`, `#!/bin/sh\necho ${name} >> '${marker}'\n`);
  await chmod(at('node_modules', '.bin', name), 0o755);
}

const marked = () => readFile(marker, 'utf8').catch(() => '');
const attune = (...args: string[]) => runAttune(args, { importer: importFor(folder) });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'attune-stranger-'));
  folder = join(root, 'folder');
  marker = at('marker.txt');
  for (const name of ['cuda', 'webgpu', 'cpu', 'wasm', 'reference']) {
    await plantPackage(`@attune/backend-${name}`);
  }
  for (const name of ['webgpu', 'onnxruntime-node', 'onnxruntime-web', '@tensorflow/tfjs-node-gpu']) {
    await plantPackage(name);
  }
  for (const name of ['nvidia-smi', 'npm', 'node', 'c++', 'cc', 'gcc', 'tar']) await plantProgram(name);
  await put('attune-cuda.json', '{"tfjsNode":"4.22.0","tensorflow":"2","libraries":".","source":"."}');
  await writeFile(at('text.txt'), TEXT);
  process.chdir(folder);
  // As npx leaves it.
  process.env['PATH'] = [at('node_modules', '.bin'), before.path].join(delimiter);
});
afterAll(async () => {
  process.chdir(before.cwd);
  process.env['PATH'] = before.path;
  await rm(root, { recursive: true });
});

test('no command runs anything of a stranger’s folder', async () => {
  const tiny = TINY.filter((_, i) => TINY[i] !== '--backend' && TINY[i - 1] !== '--backend');
  const commands = [
    ['doctor'],
    ['prepare', 'text.txt', '--out', 'data'],
    ['pretrain', '--data', 'data', '--out', 'run', ...tiny],
    ['pretrain', '--resume', 'run', '--max-iters', '7'],
    ['verify', 'run', '--steps', '2'],
    ['evaluate', '--model', 'run', '--data', 'data'],
    ['generate', '--model', 'run', '--max-new-tokens', '3'],
    ['generate', '--model', 'run', '--max-new-tokens', '3', '--backend', '@attune/backend-wasm'],
  ];
  for (const command of commands) {
    expect([command, await attune(...command)]).toEqual([command, expect.objectContaining({ code: 0 })]);
  }
  expect(await marked()).toBe('');
});

test('doctor says what is there, and names the option', async () => {
  const { stdout } = await attune('doctor');
  expect(stdout).toMatch(/not loaded.*\n {2}@attune\/backend-cuda {2}in /);
  expect(stdout).toContain('--backends-from . loads them');
  expect(await marked()).toBe('');
});

test('with the option, backends and engines of the folder are loaded', async () => {
  await attune('--backends-from', '.', 'doctor');
  const names = (await marked()).split('\n');
  for (const name of ['cuda', 'webgpu', 'cpu', 'wasm', 'reference']) {
    expect(names).toContain(`@attune/backend-${name}`);
  }
});
