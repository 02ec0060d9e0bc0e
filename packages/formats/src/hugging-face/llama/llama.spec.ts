import { hostTensor, sizeOf, type HostTensors } from '@attune/core';
import { llamaConfig, type LlamaConfig } from '@attune/nn';
import {
  memoryTensors,
  modelConfigFromHuggingFace,
  modelConfigToHuggingFace,
  modelTensors,
  readTensors,
  savedSpecs,
  storedTensors,
  type JsonObject,
  type ReadConfigOptions,
} from '../../index.js';

const code = (name: string, message: RegExp) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) });

const read = (json: object, options?: ReadConfigOptions) =>
  modelConfigFromHuggingFace(json as JsonObject, options);
const configOf = (json: object, options?: ReadConfigOptions) => read(json, options).config as LlamaConfig;

/** As the folders of published models have it. */
const published = {
  'Llama 2 7B': {
    ...{ architectures: ['LlamaForCausalLM'], bos_token_id: 1, eos_token_id: 2, hidden_act: 'silu' },
    ...{ hidden_size: 4096, initializer_range: 0.02, intermediate_size: 11008, model_type: 'llama' },
    ...{ max_position_embeddings: 4096, num_attention_heads: 32, num_hidden_layers: 32, pretraining_tp: 1 },
    ...{ num_key_value_heads: 32, rms_norm_eps: 1e-5, rope_scaling: null, tie_word_embeddings: false },
    ...{ torch_dtype: 'float16', transformers_version: '4.31.0.dev0', use_cache: true, vocab_size: 32000 },
  },
  'Llama 3.2 1B': {
    ...{ architectures: ['LlamaForCausalLM'], attention_bias: false, attention_dropout: 0.0, head_dim: 64 },
    ...{ bos_token_id: 128000, eos_token_id: [128001, 128008], hidden_act: 'silu', hidden_size: 2048 },
    ...{ initializer_range: 0.02, intermediate_size: 8192, max_position_embeddings: 131072, mlp_bias: false },
    ...{ model_type: 'llama', num_attention_heads: 32, num_hidden_layers: 16, num_key_value_heads: 8 },
    ...{ pretraining_tp: 1, rms_norm_eps: 1e-5, rope_theta: 500000.0, tie_word_embeddings: true },
    rope_scaling: {
      ...{ factor: 32.0, high_freq_factor: 4.0, low_freq_factor: 1.0, rope_type: 'llama3' },
      original_max_position_embeddings: 8192,
    },
    ...{ torch_dtype: 'bfloat16', transformers_version: '4.45.0.dev0', use_cache: true, vocab_size: 128256 },
  },
  'SmolLM2 135M': {
    ...{
      architectures: ['LlamaForCausalLM'],
      attention_bias: false,
      attention_dropout: 0.0,
      bos_token_id: 0,
    },
    ...{ eos_token_id: 0, hidden_act: 'silu', hidden_size: 576, initializer_range: 0.041666666666666664 },
    ...{ intermediate_size: 1536, is_llama_config: true, max_position_embeddings: 8192, mlp_bias: false },
    ...{ model_type: 'llama', num_attention_heads: 9, num_hidden_layers: 30, num_key_value_heads: 3 },
    ...{ pretraining_tp: 1, rms_norm_eps: 1e-5, rope_interleaved: false, rope_scaling: null },
    ...{ rope_theta: 100000, tie_word_embeddings: true, torch_dtype: 'bfloat16', use_cache: true },
    ...{
      'transformers.js_config': { kv_cache_dtype: {} },
      transformers_version: '4.42.3',
      vocab_size: 49152,
    },
  },
  'Mistral 7B': {
    ...{ architectures: ['MistralForCausalLM'], bos_token_id: 1, eos_token_id: 2, hidden_act: 'silu' },
    ...{ hidden_size: 4096, initializer_range: 0.02, intermediate_size: 14336, model_type: 'mistral' },
    ...{ max_position_embeddings: 32768, num_attention_heads: 32, num_hidden_layers: 32 },
    ...{ num_key_value_heads: 8, rms_norm_eps: 1e-5, rope_theta: 10000.0, sliding_window: 4096 },
    ...{ tie_word_embeddings: false, torch_dtype: 'bfloat16', use_cache: true, vocab_size: 32000 },
  },
  'Qwen2.5 0.5B': {
    ...{ architectures: ['Qwen2ForCausalLM'], attention_dropout: 0.0, bos_token_id: 151643 },
    ...{ eos_token_id: 151645, hidden_act: 'silu', hidden_size: 896, initializer_range: 0.02 },
    ...{ intermediate_size: 4864, max_position_embeddings: 32768, max_window_layers: 21 },
    ...{ model_type: 'qwen2', num_attention_heads: 14, num_hidden_layers: 24, num_key_value_heads: 2 },
    ...{ rms_norm_eps: 1e-6, rope_theta: 1000000.0, sliding_window: 32768, tie_word_embeddings: true },
    ...{ torch_dtype: 'bfloat16', use_cache: true, use_sliding_window: false, vocab_size: 151936 },
  },
  'Qwen3 0.6B': {
    ...{ architectures: ['Qwen3ForCausalLM'], attention_bias: false, attention_dropout: 0.0 },
    ...{ bos_token_id: 151643, eos_token_id: 151645, head_dim: 128, hidden_act: 'silu', hidden_size: 1024 },
    ...{ initializer_range: 0.02, intermediate_size: 3072, max_position_embeddings: 40960 },
    ...{ max_window_layers: 28, model_type: 'qwen3', num_attention_heads: 16, num_hidden_layers: 28 },
    ...{ num_key_value_heads: 8, rms_norm_eps: 1e-6, rope_scaling: null, rope_theta: 1000000 },
    ...{ sliding_window: null, tie_word_embeddings: true, torch_dtype: 'bfloat16', use_cache: true },
    ...{ use_sliding_window: false, vocab_size: 151936 },
  },
};

const sizes: Record<keyof typeof published, [parameters: number, particular: Partial<LlamaConfig>]> = {
  'Llama 2 7B': [6_738_415_616, { nKvHead: 32, rmsNormEpsilon: 1e-5, tieEmbeddings: false }],
  'Llama 3.2 1B': [
    1_235_814_400,
    {
      maxPositions: 131072,
      rope: {
        theta: 500000,
        scaling: {
          ...{ type: 'llama3', factor: 32, lowFreqFactor: 1, highFreqFactor: 4 },
          originalMaxPositions: 8192,
        },
      },
    },
  ],
  'SmolLM2 135M': [134_515_008, { headDim: 64, rope: { theta: 100000, scaling: { type: 'default' } } }],
  'Mistral 7B': [7_241_732_096, { slidingWindow: { size: 4096, layers: [...Array(32).keys()] } }],
  'Qwen2.5 0.5B': [494_032_768, { attentionBias: 'qkv', slidingWindow: null }],
  'Qwen3 0.6B': [596_049_920, { qkNorm: true, headDim: 128, attentionBias: 'none' }],
};

describe.each(Object.keys(published) as (keyof typeof published)[])('%s', (name) => {
  const json = published[name];
  const [parameters, particular] = sizes[name];

  test('is read, with as many parameters as it is known to have', () => {
    const { config, warnings } = read(json);
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({ ...particular, blockSize: 4096 });
    const total = Object.values(savedSpecs(config)).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect(total).toBe(parameters);
  });

  test('comes back from what is written', () => {
    const config = configOf(json);
    const written = modelConfigToHuggingFace(config, { source: json });
    expect(configOf(JSON.parse(JSON.stringify(written)))).toEqual(config);
    // What else the document says stays as it is.
    const rewritten = [
      'torch_dtype',
      'transformers_version',
      'rope_scaling',
      'sliding_window',
      'max_window_layers',
    ];
    for (const [key, value] of Object.entries(json).filter(([key]) => !rewritten.includes(key))) {
      expect([key, written[key]]).toEqual([key, value]);
    }
  });
});

/** A small folder's configuration. */
const small = (changes: object = {}, type = 'llama') => ({
  ...{ model_type: type, vocab_size: 6, hidden_size: 4, intermediate_size: 6, num_hidden_layers: 2 },
  ...{ num_attention_heads: 2, num_key_value_heads: 1, max_position_embeddings: 16, ...changes },
});

describe('rotary positions', () => {
  const rope = (changes: object) => configOf(small(changes)).rope;

  test('are spelled as transformers 4 and 5 spell them', () => {
    const scaling = { type: 'linear', factor: 2 };
    expect(rope({ rope_theta: 5, rope_scaling: { type: 'linear', factor: 2 } })).toEqual({
      theta: 5,
      scaling,
    });
    expect(rope({ rope_parameters: { rope_theta: 5, rope_type: 'linear', factor: 2 } })).toEqual({
      theta: 5,
      scaling,
    });
    expect(rope({})).toEqual({ theta: 10000, scaling: { type: 'default' } });
  });

  test('of a type that needs it have the whole context as the original one, unless they say otherwise', () => {
    const yarn = { rope_type: 'yarn', factor: 2 };
    expect(rope({ rope_scaling: yarn }).scaling).toMatchObject({ originalMaxPositions: 16 });
    expect(rope({ rope_scaling: { ...yarn, original_max_position_embeddings: 8 } }).scaling).toMatchObject({
      originalMaxPositions: 8,
    });
  });

  test.each([
    [
      { rope_type: 'longrope', factor: 2 },
      /rope_scaling.rope_type is "longrope" \(only default, linear, dynamic/,
    ],
    [{ type: 'mrope' }, /rope_scaling.type is "mrope"/],
    [
      { rope_type: 'linear', factor: 2, partial_rotary_factor: 0.5 },
      /partial_rotary_factor is 0.5 \(only 1 is\)/,
    ],
  ])('%j is refused by name', (scaling, message) => {
    expect(() => rope({ rope_scaling: scaling })).toThrow(code('UNSUPPORTED_MODEL', message));
  });

  test('a factor that is missing is asked for', () => {
    expect(() => rope({ rope_scaling: { rope_type: 'linear' } })).toThrow(
      code('INVALID_CONFIG', /rope_scaling.factor must be a positive number, but is missing/),
    );
  });
});

describe('windows', () => {
  const windowOf = (type: string, changes: object) => configOf(small(changes, type)).slidingWindow;

  test("are in all of Mistral's layers, 4096 tokens wide if nothing is said", () => {
    expect(windowOf('mistral', {})).toEqual({ size: 4096, layers: [0, 1] });
    expect(windowOf('mistral', { sliding_window: null })).toBeNull();
  });

  test('are in those of Qwen that say so, if they are used at all', () => {
    const used = { use_sliding_window: true, sliding_window: 3 };
    expect(windowOf('qwen2', { sliding_window: 3 })).toBeNull();
    expect(windowOf('qwen2', { ...used, max_window_layers: 1 })).toEqual({ size: 3, layers: [1] });
    const layer_types = ['sliding_attention', 'full_attention'];
    expect(windowOf('qwen3', { ...used, layer_types })).toEqual({ size: 3, layers: [0] });
    expect(() => windowOf('qwen3', { layer_types })).toThrow(code('UNSUPPORTED_MODEL', /layer_types is/));
  });
});

test('the longest sequence is the smaller of 4096 and what the model has, or what is asked for', () => {
  expect(configOf(small()).blockSize).toBe(16);
  expect(configOf(small({ max_position_embeddings: 9999 })).blockSize).toBe(4096);
  expect(configOf(small({ max_position_embeddings: 9999 }), { blockSize: 9999 }).blockSize).toBe(9999);
  expect(() => configOf(small(), { blockSize: 17 })).toThrow(
    code('INVALID_CONFIG', /blockSize must be at most maxPositions, 16, but is 17/),
  );
});

test('an unknown key is reported, wherever it stands', () => {
  const { warnings } = read(
    small({ rope_scaling: { rope_type: 'linear', factor: 2, finetuned: true }, new_trick: 1 }),
  );
  expect(warnings).toEqual([
    'config.json has keys that are not known, and not followed: new_trick, rope_scaling.finetuned.',
  ]);
});

test.each([
  ['llama', { hidden_act: 'gelu' }, /hidden_act is "gelu" \(only silu, swish are\)/],
  ['llama', { sliding_window: 8 }, /sliding_window is 8 \(only null is\)/],
  ['llama', { rope_interleaved: true }, /rope_interleaved is true/],
  ['llama', { quantization_config: { bits: 4 } }, /quantization_config is set \(none is\)/],
  [
    'llama',
    { auto_map: { AutoModelForCausalLM: 'x.Model' } },
    /auto_map is .* \(code of a model is not run\)/,
  ],
  ['llama', { is_causal: false }, /is_causal is false/],
  ['mistral', { attention_bias: true }, /attention_bias is true \(only false is\)/],
  ['qwen2', { attention_bias: false }, /attention_bias is false \(only true is\)/],
  ['qwen2', { use_mrope: true }, /use_mrope is true/],
  ['qwen3', { mlp_bias: true }, /mlp_bias is true/],
  ['smollm3', {}, /model_type is "smollm3", but only gpt2, llama, mistral, qwen2, qwen3 are supported/],
  ['mixtral', {}, /model_type is "mixtral"/],
])('%s: %j is refused by name', (type, changes, message) => {
  expect(() => read(small(changes, type))).toThrow(code('UNSUPPORTED_MODEL', message));
});

test.each([
  [{ num_hidden_layers: 0 }, /num_hidden_layers must be a positive integer/],
  [{ head_dim: 3 }, /head_dim must be even, as rotary positions turn pairs, but is 3/],
  [
    { model_type: 'qwen2', use_sliding_window: true, sliding_window: 2, max_window_layers: 'all' },
    /max_window_layers must be an integer, 0 or more, but is "all"/,
  ],
  [{ attention_dropout: 2 }, /attention_dropout must be a number in \[0, 1\)/],
  [{ tie_word_embeddings: 'no' }, /tie_word_embeddings must be true or false/],
  [
    { num_attention_heads: 3, num_key_value_heads: 2 },
    /num_attention_heads must be a multiple of num_key_value_heads, 2, but is 3/,
  ],
])('%j is out of range', (changes, message) => {
  expect(() => read(small(changes))).toThrow(code('INVALID_CONFIG', message));
});

test.each<[Partial<LlamaConfig>, RegExp]>([
  [
    { family: 'mistral', attentionBias: 'qkv' },
    /A model of type mistral cannot be stored with attentionBias "qkv"/,
  ],
  [{ family: 'llama', qkNorm: true }, /type llama cannot be stored with qkNorm true/],
  [{ slidingWindow: { size: 2, layers: [0] } }, /cannot be stored with slidingWindow/],
])('what a family has no word for is not written: %j', (changes, message) => {
  const shape = { vocabSize: 6, nLayer: 1, nHead: 2, nEmbd: 4, intermediateSize: 6 };
  expect(() => modelConfigToHuggingFace(llamaConfig({ ...shape, ...changes }))).toThrow(
    code('UNSUPPORTED_MODEL', message),
  );
});

describe('tensors', () => {
  const tied = configOf(small({ tie_word_embeddings: true }));
  const untied = configOf(small());

  function tensorsOf(config: LlamaConfig): Record<string, HostTensors[string]> {
    return Object.fromEntries(
      Object.entries(savedSpecs(config)).map(([name, { shape }], k) => [
        name,
        hostTensor(
          'f32',
          shape,
          Float32Array.from({ length: sizeOf(shape) }, (_, i) => k + i / 64),
        ),
      ]),
    );
  }
  const load = async (config: LlamaConfig, stored: HostTensors) =>
    readTensors(await modelTensors(config, memoryTensors(stored, 'folder')));

  test('rotary tables are neither expected nor stored', async () => {
    const stored = storedTensors(untied, tensorsOf(untied));
    expect(Object.keys(stored.specs).filter((name) => name.includes('rotary'))).toEqual([]);
    const frequencies = hostTensor('f32', [1], [1]);
    const old = { ...tensorsOf(untied), 'model.layers.0.self_attn.rotary_emb.inv_freq': frequencies };
    expect(await load(untied, old)).toEqual(tensorsOf(untied));
  });

  test('names come without the prefix of the bare model, too', async () => {
    const bare = Object.entries(tensorsOf(tied)).map(([name, tensor]) => [
      name.replace('model.', ''),
      tensor,
    ]);
    expect(await load(tied, Object.fromEntries(bare))).toEqual(tensorsOf(tied));
  });

  test('a tied head may be stored, if it is the embedding', async () => {
    const embedding = tensorsOf(tied)['model.embed_tokens.weight']!;
    expect(await load(tied, { ...tensorsOf(tied), 'lm_head.weight': embedding })).toEqual(tensorsOf(tied));
    const own = hostTensor('f32', embedding.shape, new Array<number>(24).fill(7));
    await expect(load(tied, { ...tensorsOf(tied), 'lm_head.weight': own })).rejects.toEqual(
      code(
        'UNSUPPORTED_MODEL',
        /lm_head.weight of its own, although config.json ties it to model.embed_tokens/,
      ),
    );
  });

  test('all that is missing, unexpected or of another shape is listed at once', async () => {
    const { ['model.norm.weight']: _, ...rest } = tensorsOf(untied);
    const wrong = {
      ...rest,
      'lm_head.weight': hostTensor('f32', [2], [1, 2]),
      'model.layers.2.mlp.up_proj.weight': hostTensor('f32', [1], [1]),
    };
    await expect(load(untied, wrong)).rejects.toEqual(
      code(
        'CHECKPOINT_MISMATCH',
        /norm.weight is missing; lm_head.weight is f32\[2\] instead of f32\[6, 4\]; model.layers.2.mlp.up_proj.weight is unexpected/,
      ),
    );
  });

  test('one is read when it is asked for, and no other', async () => {
    const reader = memoryTensors(tensorsOf(untied));
    const asked: string[] = [];
    const watched = { ...reader, read: (name: string) => (asked.push(name), reader.read(name)) };
    const tensors = await modelTensors(untied, watched);
    expect(asked).toEqual([]);
    await tensors.read('model.norm.weight');
    expect(asked).toEqual(['model.norm.weight']);
  });
});

test.each([
  ['LlamaForTokenClassification', 'labels every token'],
  ['LlamaForQuestionAnswering', 'marks an answer in a text'],
  ['GPT2DoubleHeadsModel', 'chooses among answers beside predicting tokens'],
])('%s is refused by name, with what it does', (architecture, task) => {
  expect(() => read({ ...small(), architectures: [architecture] })).toThrow(
    code(
      'UNSUPPORTED_MODEL',
      new RegExp(`the model is a ${architecture}, which ${task}. Only .*ForCausalLM`),
    ),
  );
});

test.each([['LlamaForCausalLM'], ['LlamaModel'], []])('architectures [%s] is read', (...architectures) => {
  expect(read({ ...small(), architectures }).config).toEqual(read(small()).config);
});

describe('labels of a classifier', () => {
  const labels = (changes: object) =>
    read({ ...small(), architectures: ['LlamaForSequenceClassification'], ...changes }).config;

  test('have the names that id2label gives them, or none', () => {
    expect(labels({ id2label: { 0: 'no', 1: 'yes' } })).toMatchObject({
      numLabels: 2,
      labels: ['no', 'yes'],
    });
    expect(labels({ num_labels: 4 })).toMatchObject({
      numLabels: 4,
      problemType: 'single_label_classification',
    });
    expect(labels({ num_labels: 1 })).toMatchObject({ problemType: 'regression' });
  });

  test.each([
    [{ num_labels: 0 }, /num_labels must be a positive integer/],
    [{ num_labels: 1e9 }, /num_labels must be a positive integer of at most 100000/],
    [{ num_labels: 1, id2label: { 0: 'a', 1: 'b' } }, /id2label must be the names of 1 labels/],
    [{ id2label: ['a'] }, /id2label must be an object/],
    [{ problem_type: 'ranking' }, /problem_type must be null or one of single_label_classification/],
  ])('%j is out of range', (changes, message) => {
    expect(() => labels(changes)).toThrow(code('INVALID_CONFIG', message));
  });
});
