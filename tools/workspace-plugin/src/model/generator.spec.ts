import { modulesOf, repositoryWith, textOf } from '../testing/repository.js';
import { typeErrors } from '../testing/type-errors.js';
import { modelGenerator } from './generator.js';

const index = 'packages/nn/src/index.ts';
const root = 'packages/nn/src/models/sample-decoder';

test('a model is its configuration, its graph and its tests', async () => {
  const tree = repositoryWith([index]);
  await modelGenerator(tree, { name: 'sample-decoder' });
  expect(tree.children(root).sort()).toEqual(['config.ts', 'model.spec.ts', 'model.ts']);
  expect(textOf(tree, `${root}/config.ts`)).toContain('export interface SampleDecoderConfig {');
  expect(textOf(tree, `${root}/model.ts`)).toContain(
    'export class SampleDecoderModel extends CausalLmModule<SampleDecoderConfig> {',
  );
  expect(textOf(tree, `${root}/model.spec.ts`)).toContain(
    `import { sampleDecoder, type SampleDecoderModel } from './model.js';`,
  );
});

test('it fits the layers and the contracts there are', async () => {
  const tree = repositoryWith([index]);
  await modelGenerator(tree, { name: 'sample-decoder' });
  expect(typeErrors(tree, 'packages/nn', [`${root}/config.ts`, `${root}/model.ts`])).toEqual([]);
});

test('nn exports it, in order', async () => {
  const tree = repositoryWith([index]);
  await modelGenerator(tree, { name: 'SampleDecoder' });
  expect(textOf(tree, index)).toContain('export { sampleDecoder, SampleDecoderModel } from');
  const models = modulesOf(tree, index).filter((module) => module.startsWith('./models/'));
  expect(models).toContain('./models/sample-decoder/config.js');
  expect(models).toEqual([...models].sort());
});

test('a model that is there stays as it is', async () => {
  const tree = repositoryWith([index]);
  await modelGenerator(tree, { name: 'sample-decoder' });
  await expect(modelGenerator(tree, { name: 'sample-decoder' })).rejects.toThrow('is there already');
});
