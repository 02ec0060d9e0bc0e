import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune } from '../testing/run-attune.js';
import { unloadedHint, unloadedPackages } from './unloaded-packages.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'attune-unloaded-'));
  await mkdir(join(root, 'own'));
});
afterEach(() => rm(root, { recursive: true }));

const own = () => join(root, 'own');
const project = () => join(root, 'project', 'runs');

async function install(home: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(root, home, 'node_modules', name), { recursive: true });
    await writeFile(join(root, home, 'node_modules', name, 'package.json'), '{}');
  }
}

const hint = (selection: string) => unloadedHint(selection, project(), own());

test('one line names what is not loaded, and the option', async () => {
  await install('project', '@attune/backend-webgpu', 'webgpu', 'left-pad');
  expect(hint('auto')).toBe(
    "Not loaded from the current folder's node_modules: @attune/backend-webgpu, webgpu. " +
      'If you trust it: --backends-from ..',
  );
  expect(hint('@attune/backend-webgpu')).toBe(hint('auto'));
  expect(hint('cpu')).toBeUndefined();
  expect(hint('left-pad')).toBeUndefined();
});

test('an engine that attune has itself is of no interest, save to doctor', async () => {
  await install('project', 'onnxruntime-node');
  expect(hint('cpu')).toContain('onnxruntime-node');
  await install('own', 'onnxruntime-node');
  expect(hint('cpu')).toBeUndefined();
  expect(unloadedPackages(project(), own())).toMatchObject([{ name: 'onnxruntime-node', backend: 'cpu' }]);
});

test('where attune is installed in the project, what lies beside it is its own', async () => {
  await install('project', '@attune/backend-cpu', 'onnxruntime-node');
  expect(unloadedPackages(project(), join(root, 'project'))).toEqual([]);
  await symlink(join(root, 'project', 'node_modules'), join(own(), 'node_modules'));
  expect(unloadedPackages(project(), own())).toEqual([]);
});

test('doctor lists them', async () => {
  await install('project', '@attune/backend-wasm');
  await mkdir(project());
  const before = process.cwd();
  process.chdir(project());
  try {
    const { stdout } = await runAttune(['doctor']);
    expect(stdout).toMatch(
      /not loaded, .*\n {2}@attune\/backend-wasm {2}in .*\n {2}--backends-from \.\. loads/,
    );
    const { stdout: json } = await runAttune(['doctor', '--json']);
    expect(JSON.parse(json)).toMatchObject({ notLoaded: [{ name: '@attune/backend-wasm' }] });
  } finally {
    process.chdir(before);
  }
});

test('a folder without any of them is refused', async () => {
  expect(await runAttune(['--backends-from', own(), 'doctor'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--backends-from.*Neither a backend of attune’s nor an engine/),
  });
});
