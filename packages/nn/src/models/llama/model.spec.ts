import {
  GraphBuilder,
  hostTensor,
  interpret,
  NdArray,
  sizeOf,
  type BatchTensors,
  type HostTensor,
  type HostTensors,
  type Tensor,
} from '@attune/core';
import { initializeParameters } from '../../init/initialize.js';
import { gpt2 } from '../gpt2/model.js';
import { parameterCount } from '../parameter-count.js';
import { sequenceClassifier } from '../sequence-classifier.js';
import type { LlamaOptions } from './config.js';
import { llama, type LlamaModel } from './model.js';

const tiny: LlamaOptions = {
  vocabSize: 11,
  blockSize: 8,
  nLayer: 2,
  nHead: 4,
  nKvHead: 2,
  nEmbd: 16,
  headDim: 6,
  intermediateSize: 12,
  // Wide enough that attention is not all but even, and errors in it show.
  initializerRange: 0.3,
};

const array = ({ shape, dtype, data }: HostTensor) => new NdArray(shape, dtype, data);
const arrays = (tensors: HostTensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, array(tensor)]));

/** Runs a graph on some feeds in float64: its outputs and its updates of the state. */
function run(
  state: HostTensors,
  fields: HostTensors,
  write: (g: GraphBuilder, batch: BatchTensors) => Tensor,
) {
  const g = new GraphBuilder('run');
  const batch = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, g.feed(name, field)]),
  );
  g.output('result', write(g, batch));
  const program = g.build();
  const { outputs, updates } = interpret(program, { feeds: arrays(fields), state: arrays(state) }, 'f64');
  return { values: [...outputs['result']!.data], updates };
}

const logits = (model: LlamaModel) => (g: GraphBuilder, batch: BatchTensors) =>
  model.forward(g, batch).logits;
const tokens = (rows: number, ids: readonly number[]) => hostTensor('i32', [rows, ids.length / rows], ids);

function expectClose(actual: readonly number[], expected: readonly number[]) {
  expect(actual).toHaveLength(expected.length);
  expect(Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-9);
}

describe('parameters', () => {
  const shapes = (options: Partial<LlamaOptions>) =>
    llama({ ...tiny, nLayer: 1, ...options }).parameters.map(
      ({ name, shape }) => `${name} [${shape.join(', ')}]`,
    );
  const plain = [
    'model.embed_tokens.weight [11, 16]',
    'model.layers.0.self_attn.q_proj.weight [24, 16]',
    'model.layers.0.self_attn.k_proj.weight [12, 16]',
    'model.layers.0.self_attn.v_proj.weight [12, 16]',
    'model.layers.0.self_attn.o_proj.weight [16, 24]',
    'model.layers.0.mlp.gate_proj.weight [12, 16]',
    'model.layers.0.mlp.up_proj.weight [12, 16]',
    'model.layers.0.mlp.down_proj.weight [16, 12]',
    'model.layers.0.input_layernorm.weight [16]',
    'model.layers.0.post_attention_layernorm.weight [16]',
    'model.norm.weight [16]',
  ];

  test('are named and shaped as Hugging Face has them', () => {
    expect(shapes({})).toEqual([...plain, 'lm_head.weight [11, 16]']);
  });

  test('a tied head is an alias', () => {
    expect(shapes({ tieEmbeddings: true })).toEqual(plain);
    expect(llama({ ...tiny, tieEmbeddings: true }).aliases).toEqual({
      'lm_head.weight': 'model.embed_tokens.weight',
    });
  });

  test.each([
    [{ attentionBias: 'qkv' }, ['q_proj.bias [24]', 'k_proj.bias [12]', 'v_proj.bias [12]']],
    [
      { attentionBias: 'all' },
      ['q_proj.bias [24]', 'k_proj.bias [12]', 'v_proj.bias [12]', 'o_proj.bias [16]'],
    ],
    [{ mlpBias: true }, ['gate_proj.bias [12]', 'up_proj.bias [12]', 'down_proj.bias [16]']],
    [{ qkNorm: true }, ['q_norm.weight [6]', 'k_norm.weight [6]']],
  ] as const)('%j adds some', (options, added) => {
    const more = shapes(options).filter((name) => ![...plain, 'lm_head.weight [11, 16]'].includes(name));
    expect(more.map((name) => name.replace(/^.*(self_attn|mlp)\./, ''))).toEqual(added);
  });

  test('are as many as those of SmolLM2-135M', () => {
    const smol = llama({
      ...{ vocabSize: 49152, nLayer: 30, nHead: 9, nKvHead: 3, nEmbd: 576, intermediateSize: 1536 },
      ...{ maxPositions: 8192, tieEmbeddings: true },
    });
    expect(parameterCount(smol).total).toBe(134_515_008);
    expect(smol.config).toMatchObject({ blockSize: 4096, headDim: 64 });
  });

  test('rotary tables are buffers that are not saved', () => {
    expect(llama(tiny).buffers.map(({ name, shape, persistent }) => ({ name, shape, persistent }))).toEqual([
      { name: 'model.rotary_emb.cos', shape: [8, 3], persistent: false },
      { name: 'model.rotary_emb.sin', shape: [8, 3], persistent: false },
    ]);
  });
});

const variants: [string, Partial<LlamaOptions>][] = [
  ['heads that share keys', {}],
  ['one head of keys for all', { nKvHead: 1 }],
  ['normalised queries and keys, tied head', { qkNorm: true, tieEmbeddings: true }],
  ['a window of 3 in the second layer', { slidingWindow: { size: 3, layers: [1] } }],
];

/** A cache of two rows of 8 tokens as it is at first. */
const emptyCache = (model: ReturnType<typeof llama>): HostTensors =>
  Object.fromEntries(
    Object.entries(model.cacheSpecs(2, 8)).map(([name, { shape }]) => [
      name,
      hostTensor('f32', shape, new Float32Array(sizeOf(shape))),
    ]),
  );

describe.each(variants)('%s', (_name, options) => {
  const model = llama({ ...tiny, ...options }).eval();
  const state = initializeParameters(model, 1);
  const x = tokens(2, [1, 5, 2, 9, 10, 0, 3, 3, 4, 7, 8, 6, 1, 1, 0, 2]);
  const whole = run(state, { x }, logits(model)).values;

  test('a token sees none that comes later', () => {
    const changed = tokens(2, [1, 5, 2, 9, 7, 7, 7, 7, 4, 7, 8, 6, 7, 7, 7, 7]);
    const other = run(state, { x: changed }, logits(model)).values;
    for (const row of [0, 1]) {
      const start = row * 8 * 11;
      expectClose(other.slice(start, start + 4 * 11), whole.slice(start, start + 4 * 11));
    }
    expect(other.slice(4 * 11, 5 * 11)).not.toEqual(whole.slice(4 * 11, 5 * 11));
  });

  test('token by token with a cache it is the same', () => {
    const cached = (ids: HostTensor, positions: HostTensor, kept: HostTensors) =>
      run({ ...state, ...kept }, { ids, positions }, (g, batch) =>
        model.head(
          g,
          model.forwardCached(g, { x: batch['ids']!, positions: batch['positions']!, length: 8 }),
        ),
      );
    // The first half in one go; what stands behind it is overwritten.
    const start = tokens(2, [1, 5, 2, 9, 0, 0, 0, 0, 4, 7, 8, 6, 0, 0, 0, 0]);
    const places = tokens(2, [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]);
    let step = cached(start, places, emptyCache(model));
    expectClose(step.values.slice(0, 4 * 11), whole.slice(0, 4 * 11));
    for (let at = 4; at < 8; at++) {
      const kept = Object.fromEntries(
        Object.entries(step.updates).map(([name, { shape, data }]) => [
          name,
          { shape, dtype: 'f32', data: data as unknown as Float32Array } as const,
        ]),
      );
      const next = tokens(2, [x.data[at]!, x.data[8 + at]!]);
      step = cached(next, tokens(2, [at, at]), kept);
      expectClose(step.values.slice(0, 11), whole.slice(at * 11, (at + 1) * 11));
      expectClose(step.values.slice(11), whole.slice((8 + at) * 11, (8 + at + 1) * 11));
    }
    expect(
      Object.entries(step.updates)
        .map(([name, { shape }]) => [name, shape])
        .sort(),
    ).toEqual(
      Object.entries(model.cacheSpecs(2, 8))
        .map(([name, { shape }]) => [name, shape])
        .sort(),
    );
  });

  test('documents that are packed into a row do not see each other', () => {
    const packed = {
      x: tokens(1, [1, 5, 2, 4, 7, 8, 6, 1]),
      positions: tokens(1, [0, 1, 2, 0, 1, 2, 3, 4]),
      documents: tokens(1, [0, 0, 0, 1, 1, 1, 1, 1]),
    };
    const together = run(state, packed, logits(model)).values;
    const first = run(state, { x: tokens(1, [1, 5, 2]) }, logits(model)).values;
    const second = run(state, { x: tokens(1, [4, 7, 8, 6, 1]) }, logits(model)).values;
    expectClose(together, [...first, ...second]);
  });
});

test('a window is what a token sees, and no more', () => {
  // In one layer: with more of them, what is out of sight still shows through those in between.
  const model = llama({ ...tiny, nLayer: 1, slidingWindow: { size: 3, layers: [0] } }).eval();
  const state = initializeParameters(model, 2);
  const last = (ids: readonly number[]) => run(state, { x: tokens(1, ids) }, logits(model)).values.slice(-11);
  expectClose(last([1, 2, 3, 4, 5]), last([9, 9, 3, 4, 5]));
  expect(last([1, 2, 3, 4, 5])).not.toEqual(last([1, 2, 9, 4, 5]));
});

describe('a classifier', () => {
  test('reads the hidden state of the last token, whatever stands behind it', () => {
    const body = llama(tiny).eval();
    const model = sequenceClassifier(body, { numLabels: 3 });
    const state = initializeParameters(model, 3);
    const classify = (ids: readonly number[], lastToken: readonly number[]) =>
      run(
        state,
        { x: tokens(2, ids), lastToken: hostTensor('i32', [2], lastToken) },
        (g, batch) => model.forward(g, batch).logits,
      ).values;
    expectClose(classify([1, 2, 3, 0, 4, 5, 6, 7], [2, 3]), classify([1, 2, 3, 9, 4, 5, 6, 7], [2, 3]));
    expectClose(
      classify([1, 2, 3, 0, 4, 5, 6, 7], [2, 3]).slice(0, 3),
      classify([1, 2, 3, 1, 2, 3], [2, 2]).slice(3),
    );
  });

  test.each([
    ['decoder', llama(tiny), 'model.'],
    ['GPT-2', gpt2({ vocabSize: 7, blockSize: 4, nLayer: 1, nHead: 1, nEmbd: 4 }), 'transformer.'],
  ])("keeps the names of a %s's body, without a language head", (_name, body, prefix) => {
    const names = body.parameters.map(({ name }) => name).filter((name) => name.startsWith(prefix));
    const model = sequenceClassifier(body, { numLabels: 2 });
    expect(new Set(model.parameters.map(({ name }) => name))).toEqual(new Set([...names, 'score.weight']));
    expect(model.parameters.find(({ name }) => name === 'score.weight')!.shape[0]).toBe(2);
  });

  test('takes lastToken', () => {
    const model = sequenceClassifier(llama(tiny), { numLabels: 2 });
    const g = new GraphBuilder('forward');
    expect(() => model.forward(g, { x: g.feed('x', tokens(1, [1, 2])) })).toThrow('takes lastToken, i32[B]');
  });

  test.each([
    [{ numLabels: 0 }, 'numLabels must be a positive integer, but is 0.'],
    [{ numLabels: 2, labels: ['a'] }, 'There are 2 labels, but 1 names for them.'],
  ])('refuses %j', (options, message) => {
    expect(() => sequenceClassifier(llama(tiny), options)).toThrow(message);
  });
});

test.each<[Partial<LlamaOptions>, string]>([
  [{ family: 'gemma' as 'llama' }, 'family must be one of llama, mistral, qwen2, qwen3, but is "gemma".'],
  [{ nKvHead: 3 }, 'nHead must be a multiple of nKvHead, 3, but is 4.'],
  [{ headDim: 5 }, 'headDim must be even'],
  [{ nLayer: 0 }, 'nLayer must be a positive integer, but is 0.'],
  [{ blockSize: 9, maxPositions: 8 }, 'blockSize must be at most maxPositions, 8, but is 9.'],
  [
    { blockSize: 2 ** 27, maxPositions: 2 ** 27 },
    'blockSize must be such that times headDim, 6, it is at most',
  ],
  [{ attentionDropout: 1 }, 'attentionDropout must be in [0, 1), but is 1.'],
  [{ slidingWindow: { size: 0, layers: [0] } }, 'slidingWindow must be null, or have a size of 1 or more'],
  [{ rope: { theta: 0, scaling: { type: 'default' } } }, 'rope.theta must be a positive number, but is 0.'],
  [
    { rope: { theta: 1e4, scaling: { type: 'linear', factor: -2 } } },
    'rope.scaling.factor must be a positive number, but is -2.',
  ],
])('refuses %j', (wrong, message) => {
  expect(() => llama({ ...tiny, ...wrong })).toThrow(message);
});
