import type { GivenFile } from './given-files.js';
import { findModelFiles, plainName } from './model-files.js';

const given = (...paths: string[]): GivenFile[] => paths.map((path) => ({ path, blob: new Blob(['{}']) }));
const found = (...paths: string[]) => {
  const { name, files } = findModelFiles({ name: 'model.zip', files: given(...paths) });
  return [name, [...files.keys()].sort()];
};

describe('the model among files', () => {
  test('is that of the outermost folder with a config.json', () => {
    const inside = ['a/tiny/config.json', 'a/tiny/model.safetensors', 'a/tiny/tokenizer.json'];
    expect(found(...inside, 'a/tiny/checkpoints/step-1/config.json', 'a/readme.md')).toEqual([
      'tiny',
      ['config.json', 'model.safetensors', 'tokenizer.json'],
    ]);
    expect(found('config.json', 'model.safetensors')).toEqual([
      'model',
      ['config.json', 'model.safetensors'],
    ]);
  });

  test('has nothing that would have to be unpickled or run, and no second set of weights', () => {
    const others = [
      'm/pytorch_model.bin',
      'm/modeling_evil.py',
      'm/optimizer.safetensors',
      'm/model.safetensors.index.json',
    ];
    expect(found('m/config.json', 'm/model.safetensors', ...others)[1]).toEqual([
      'config.json',
      'model.safetensors',
    ]);
  });

  test.each([
    [['readme.md'], /has no config.json/],
    [['adapter_config.json', 'adapter_model.safetensors'], /is an adapter, without the model below it/],
    [['../config.json'], /outside of itself/],
    [['a/../../config.json'], /outside of itself/],
    [Array.from({ length: 20_001 }, (_, i) => `${i}`), /more than 20000 files/],
  ])('%# is refused by name', (paths, message) => {
    expect(() => found(...(paths as string[]))).toThrow(message);
  });

  test('has a name that is a name everywhere, and none of the workspace’s own', () => {
    expect(['Tiny Model!', '../..', 'run', '<b>', 'SmolLM2-135M', 'a'.repeat(99)].map(plainName)).toEqual([
      ...['Tiny-Model', 'local-model', 'run-model', 'b', 'SmolLM2-135M', 'a'.repeat(60)],
    ]);
  });
});
