import { readJson } from '@nx/devkit';
import { repositoryWith, textOf } from '../testing/repository.js';
import { backendGenerator } from './generator.js';

const repository = () => repositoryWith(['packages/core/package.json', 'tsconfig.json', 'eslint.config.js']);
const root = 'packages/backend-metal';

test('a backend is a package with an engine, and the one spec that every backend has', async () => {
  const tree = repository();
  await backendGenerator(tree, { name: 'metal' });
  expect(tree.children(`${root}/src`).sort()).toEqual([
    'backend.ts',
    'compiled-program.ts',
    'conformance.spec.ts',
    'engine.ts',
    'index.ts',
  ]);
  expect(textOf(tree, `${root}/src/conformance.spec.ts`)).toContain(`await describeBackend({ name: 'metal',`);
  expect(textOf(tree, `${root}/src/engine.ts`)).toContain('export function metalEngine(): Engine<NdArray>');
  expect(textOf(tree, `${root}/src/engine.ts`)).toContain("precision: 'f32'");
  expect(textOf(tree, `${root}/README.md`)).toContain('# @attune/backend-metal');
});

test('its package depends on core alone, at the version of the workspace', async () => {
  const tree = repository();
  await backendGenerator(tree, { name: 'metal' });
  const { version } = readJson<{ version: string }>(tree, 'packages/core/package.json');
  expect(readJson(tree, `${root}/package.json`)).toMatchObject({
    name: '@attune/backend-metal',
    version,
    nx: { tags: ['type:backend', 'platform:any'] },
    dependencies: { '@attune/core': version },
  });
});

test('it is compiled with the workspace, and linted for where it runs', async () => {
  const tree = repository();
  await backendGenerator(tree, { name: 'metal' });
  await backendGenerator(tree, { name: 'vendor-npu', platform: 'node' });
  const { references } = readJson<{ references: { path: string }[] }>(tree, 'tsconfig.json');
  expect(references.slice(-2)).toEqual([
    { path: './packages/backend-metal' },
    { path: './packages/backend-vendor-npu' },
  ]);
  expect(textOf(tree, 'eslint.config.js')).toContain('backend-testkit,backend-metal');
  expect(textOf(tree, 'eslint.config.js')).not.toContain('vendor-npu');
  const config = 'packages/backend-vendor-npu/tsconfig.lib.json';
  expect(readJson(tree, config)).toMatchObject({ compilerOptions: { types: ['node'] } });
});

test('a backend that is there stays as it is', async () => {
  const tree = repository();
  await backendGenerator(tree, { name: 'metal' });
  await expect(backendGenerator(tree, { name: 'backend-metal' })).rejects.toThrow('is there already');
});
