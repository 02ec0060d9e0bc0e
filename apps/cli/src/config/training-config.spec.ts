import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveTrainingConfig } from './training-config.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-config-'))));
afterEach(() => rm(folder, { recursive: true }));

async function configFile(yaml: string): Promise<string> {
  const path = join(folder, 'config.yaml');
  await writeFile(path, yaml);
  return path;
}

describe('precedence', () => {
  test('defaults < preset < file < flags', async () => {
    const config = await configFile('nEmbd: 48\nmaxIters: 7\n');
    const resolved = await resolveTrainingConfig({ preset: 'stories', config, maxIters: '9' });
    expect(resolved.config).toMatchObject({
      seed: 1337, // a default
      nLayer: 3, // the preset
      nEmbd: 48, // the file, over the preset
      maxIters: 9, // a flag, over the file
    });
    expect(resolved.given).toEqual({ nEmbd: 48, maxIters: 9 });
  });

  test('values that follow others follow what was given', async () => {
    const { config } = await resolveTrainingConfig({ learningRate: '0.02', maxIters: '30' });
    expect(config).toMatchObject({ minLr: 0.002, lrDecayIters: 30 });
  });

  test('a preset that names such a value keeps it', async () => {
    const { config } = await resolveTrainingConfig({ preset: 'shakespeare-char-cpu', maxIters: '30' });
    expect(config.lrDecayIters).toBe(2000);
  });
});

describe('the file', () => {
  test('may spell keys as nanoGPT does', async () => {
    const config = await configFile('n_layer: 2\nlearning_rate: 1e-3\nbias: true\n');
    expect((await resolveTrainingConfig({ config })).config).toMatchObject({
      nLayer: 2,
      learningRate: 0.001,
      bias: true,
    });
  });

  test('may be empty', async () => {
    const config = await configFile('# nothing yet\n');
    expect((await resolveTrainingConfig({ config })).given).toEqual({});
  });

  test.each([
    [
      'an unknown key',
      'batchsize: 8',
      'UNKNOWN_KEY',
      /"batchsize" is not a setting. Did you mean "batchSize"\?/,
    ],
    [
      'a wrong type',
      'batchSize: twelve',
      'INVALID_CONFIG',
      /batchSize must be a whole number of at least 1, but is "twelve"/,
    ],
    [
      'a wrong range',
      'dropout: 1',
      'INVALID_CONFIG',
      /dropout must be a number of at least 0 and below 1, but is 1/,
    ],
    [
      'a wrong choice',
      'sampling: shuffled',
      'INVALID_CONFIG',
      /sampling must be "random".* or "sequential", but is "shuffled"/,
    ],
    ['a key that objects have', 'constructor: 1', 'UNKNOWN_KEY', /"constructor" is not a setting/],
    ['the key of prototypes', '__proto__: 1', 'UNKNOWN_KEY', /"__proto__" is not a setting/],
    [
      'a key twice',
      'nHead: 2\nnLayer: 1\nnHead: 4',
      'INVALID_CONFIG',
      /nHead is set twice \(again in line 3\)\. Leave one/,
    ],
    [
      'a thousand unknown keys',
      Array.from({ length: 1000 }, (_, i) => `k${i}: 1`).join('\n'),
      'UNKNOWN_KEY',
      /"k7" and 992 more are not settings/,
    ],
    [
      'a list that holds itself',
      'backend: &a [*a]',
      'INVALID_CONFIG',
      /backend must be text that is not empty, but is a value that cannot be written out/,
    ],
    ['a tag', 'data: !!js/function "x"', 'FILE_CORRUPT', /is not YAML: Unresolved tag/],
    ['a key in both spellings', 'nHead: 2\nn_head: 4', 'INVALID_CONFIG', /nHead is set twice/],
    ['a list', '- nHead', 'INVALID_CONFIG', /must hold settings/],
    ['no YAML', 'a: [', 'FILE_CORRUPT', /is not YAML/],
  ])('is rejected with %s', async (_, yaml, code, message) => {
    const error = resolveTrainingConfig({ config: await configFile(yaml) });
    await expect(error).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('names every value that does not fit', async () => {
    const config = await configFile('nLayer: 0\nnHead: 1.5\n');
    await expect(resolveTrainingConfig({ config })).rejects.toThrow(/nLayer must be .* nHead must be /);
  });

  test('has no counts that no step or evaluation would come to the end of', async () => {
    const config = await configFile('gradientAccumulationSteps: 1000000000000\nevalIters: 1000000000000\n');
    await expect(resolveTrainingConfig({ config })).rejects.toThrow(
      /gradientAccumulationSteps must be .* at most 65536, .* evalIters must be .* at most 1000000, /,
    );
  });

  test('has to exist', async () => {
    await expect(resolveTrainingConfig({ config: join(folder, 'none.yaml') })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});

test.each([
  [
    'a flag that is no number',
    { batchSize: 'many' },
    /--batch-size must be a whole number of at least 1, but is "many"/,
  ],
  [
    'an infinite number',
    { learningRate: 'Infinity' },
    /--learning-rate must be a number of at least 0, but is Infinity/,
  ],
  ['an empty flag', { learningRate: '' }, /--learning-rate must be a number of at least 0, but is ""/],
  [
    'an unknown preset',
    { preset: 'shakespear-char' },
    /no preset "shakespear-char". Did you mean "shakespeare-char"\?/,
  ],
  ['heads that do not divide the width', { nEmbd: '30' }, /nEmbd is 30 and nHead is 4. Try --n-embd 32./],
  ['learning rates in the wrong order', { minLr: '1' }, /minLr must be at most learningRate/],
])('rejects %s', async (_, options, message) => {
  await expect(resolveTrainingConfig(options)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringMatching(message),
  });
});
