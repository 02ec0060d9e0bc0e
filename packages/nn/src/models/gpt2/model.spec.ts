import { GraphBuilder, opNodes, type Program } from '@attune/core';
import { parameterCount } from '../parameter-count.js';
import type { Gpt2Options } from './config.js';
import { gpt2, type Gpt2Model } from './model.js';

const tiny: Gpt2Options = { vocabSize: 11, blockSize: 8, nLayer: 2, nHead: 2, nEmbd: 4 };

function forward(model: Gpt2Model, length: number): Program {
  const g = new GraphBuilder('forward');
  const { logits } = model.forward(g, { x: g.feed('x', { shape: [3, length], dtype: 'i32' }) });
  g.output('logits', logits);
  return g.build();
}

const opsOf = (program: Program) => opNodes(program).map(({ op }) => op);

test('has the parameter count of the published 124M model', () => {
  expect(parameterCount(gpt2({ vocabSize: 50257 })).total).toBe(124_439_808);
});

test('names parameters as Hugging Face does, the tied head as an alias', () => {
  const model = gpt2({ ...tiny, nLayer: 1 });
  expect(model.parameters.map(({ name, shape }) => `${name} [${shape.join(', ')}]`)).toEqual([
    'transformer.wte.weight [11, 4]',
    'transformer.wpe.weight [8, 4]',
    'transformer.h.0.ln_1.weight [4]',
    'transformer.h.0.ln_1.bias [4]',
    'transformer.h.0.attn.c_attn.weight [4, 12]',
    'transformer.h.0.attn.c_attn.bias [12]',
    'transformer.h.0.attn.c_proj.weight [4, 4]',
    'transformer.h.0.attn.c_proj.bias [4]',
    'transformer.h.0.ln_2.weight [4]',
    'transformer.h.0.ln_2.bias [4]',
    'transformer.h.0.mlp.c_fc.weight [4, 16]',
    'transformer.h.0.mlp.c_fc.bias [16]',
    'transformer.h.0.mlp.c_proj.weight [16, 4]',
    'transformer.h.0.mlp.c_proj.bias [4]',
    'transformer.ln_f.weight [4]',
    'transformer.ln_f.bias [4]',
  ]);
  expect(model.aliases).toEqual({ 'lm_head.weight': 'transformer.wte.weight' });
});

test('untied, the head has a weight of its own, last', () => {
  const untied = gpt2({ ...tiny, tieEmbeddings: false });
  const model = gpt2(tiny);
  model.untie();
  for (const one of [untied, model]) {
    expect(one.parameters.at(-1)).toMatchObject({ name: 'lm_head.weight', shape: [11, 4] });
    expect(one.aliases).toEqual({});
    expect(one.config.tieEmbeddings).toBe(false);
  }
});

test('without bias there is none, in layer norms neither', () => {
  const names = gpt2({ ...tiny, bias: false }).parameters.map(({ name }) => name);
  expect(names.filter((name) => name.endsWith('.bias'))).toEqual([]);
});

test('takes sequences shorter than blockSize, and refuses longer ones', () => {
  const model = gpt2(tiny);
  const program = forward(model, 5);
  expect(program.values[program.outputs['logits']!]).toEqual({ shape: [3, 5, 11], dtype: 'f32' });
  expect(() => forward(model, 9)).toThrow('9 tokens, but the model has 8 positions');
});

test('dropout is in the graph in train() only, and every layer has a mask of its own', () => {
  const model = gpt2({ ...tiny, dropout: 0.1 });
  expect(opsOf(forward(model.eval(), 8))).not.toContain('dropout');
  const dropouts = opNodes(forward(model.train(), 8)).filter((node) => node.op === 'dropout');
  // Embeddings, and in each layer attention weights, attention and mlp.
  expect(dropouts).toHaveLength(1 + 2 * 3);
  expect(new Set(dropouts.map((node) => node.attrs['stream'])).size).toBe(dropouts.length);
});

test('each place drops at its own rate, and one of rate 0 is not in the graph', () => {
  const ratesOf = (dropout: Gpt2Options['dropout']) =>
    opNodes(forward(gpt2({ ...tiny, nLayer: 1, dropout }).train(), 8))
      .filter((node) => node.op === 'dropout')
      .map((node) => node.attrs['p']);
  expect(ratesOf({ embedding: 0.1, attention: 0.2, residual: 0.3 })).toEqual([0.1, 0.2, 0.3, 0.3]);
  expect(ratesOf({ embedding: 0, attention: 0, residual: 0.3 })).toEqual([0.3, 0.3]);
  expect(ratesOf(0.4)).toEqual([0.4, 0.4, 0.4, 0.4]);
});

test('the activation is the one that was asked for', () => {
  const approximate = (activation: 'gelu' | 'gelu_new') =>
    opNodes(forward(gpt2({ ...tiny, activation }), 8)).find(({ op }) => op === 'gelu')?.attrs['approximate'];
  expect(approximate('gelu')).toBe('none');
  expect(approximate('gelu_new')).toBe('tanh');
});

test.each([
  [{ nEmbd: 6, nHead: 4 }, 'nEmbd must be a multiple of nHead, but 6 is not one of 4. Try nEmbd 8.'],
  [{ nLayer: 0 }, 'nLayer must be a positive integer, but is 0.'],
  [{ blockSize: 1.5 }, 'blockSize must be a positive integer, but is 1.5.'],
  [{ dropout: 1 }, 'dropout must be in [0, 1), but is 1.'],
  [
    { dropout: { embedding: 0, attention: 1.5, residual: 0 } },
    'dropout.attention must be in [0, 1), but is 1.5.',
  ],
])('refuses %j', (wrong, message) => {
  expect(() => gpt2({ ...tiny, ...wrong })).toThrow(message);
});
