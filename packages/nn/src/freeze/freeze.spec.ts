import { gpt2 } from '../models/gpt2/model.js';
import { freezeParameters, lowerLayers } from './freeze.js';
import { globMatcher } from './glob.js';

const tiny = () => gpt2({ vocabSize: 7, blockSize: 4, nLayer: 2, nHead: 1, nEmbd: 4, bias: false });
const trained = (model: ReturnType<typeof tiny>) =>
  model.parameters.filter(({ trainable }) => trainable).map(({ name }) => name);

test.each([
  ['*', 'a.b', true],
  ['*.bias', 'transformer.h.0.bias', true],
  ['*.bias', 'transformer.h.0.bias2', false],
  ['h.?.w', 'h.3.w', true],
  ['h.?.w', 'h.33.w', false],
  ['h.[0-2].w', 'h.2.w', true],
  ['h.[!0-2].w', 'h.2.w', false],
  ['h.[.w', 'h.[.w', true],
  ['a+(b)', 'a+(b)', true],
])('the glob %s on %s: %s', (glob, name, fits) => {
  expect(globMatcher(glob)(name)).toBe(fits);
});

test('what is frozen is not trained, and what is named to be trained is, above all', () => {
  const model = tiny();
  freezeParameters(model.parameters, { freeze: ['transformer.h.*'], train: ['*.1.ln_?.weight'] });
  expect(trained(model)).toEqual([
    'transformer.wte.weight',
    'transformer.wpe.weight',
    'transformer.h.1.ln_1.weight',
    'transformer.h.1.ln_2.weight',
    'transformer.ln_f.weight',
  ]);
});

test('where only those to train are named, all others are frozen', () => {
  const model = tiny();
  freezeParameters(model.parameters, { train: ['transformer.ln_f.*'] });
  expect(trained(model)).toEqual(['transformer.ln_f.weight']);
});

test('from below: the embeddings and the first blocks', () => {
  const model = tiny();
  expect(lowerLayers(model, 1)).toEqual(['transformer.wte.*', 'transformer.wpe.*', 'transformer.h.0.*']);
  expect(() => lowerLayers(model, 3)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
});

test('a glob that fits nothing is refused, with names there are; so is a model with nothing to train', () => {
  const { parameters } = tiny();
  expect(() => freezeParameters(parameters, { freeze: ['model.layers.*'] })).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      fix: expect.stringContaining('transformer.wte.weight'),
    }),
  );
  expect(() => freezeParameters(parameters, { freeze: ['*'] })).toThrow('nothing to train');
});
