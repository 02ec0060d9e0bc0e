/** `config.json` and `generation_config.json` of models: sizes, types and names that no model has. */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deep, edit, ESCAPES, makePipe, replace } from './files.js';

const config =
  (change) =>
  ({ work }) =>
    edit(join(work, 'model', 'config.json'), change);
const set = (values) => config((document) => ({ ...document, ...values }));

const changes = {
  'a million layers': { num_hidden_layers: 1e6 },
  'a thousand million layers': { num_hidden_layers: 1e9 },
  'a width of 10^7': { hidden_size: 1e7 },
  'a width of 10^15': { hidden_size: 1e15, intermediate_size: 1e15 },
  'a vocabulary of 10^9': { vocab_size: 1e9 },
  'a vocabulary of one': { vocab_size: 1 },
  'a context of 10^12': { max_position_embeddings: 1e12 },
  'a context of one': { max_position_embeddings: 1 },
  'no heads': { num_attention_heads: 0 },
  'negative heads': { num_attention_heads: -4 },
  'half a head': { num_attention_heads: 4.5 },
  'more keys than queries': { num_key_value_heads: 1e6 },
  'heads of 10^9': { head_dim: 1e9 },
  nulls: { hidden_size: null, num_hidden_layers: null },
  texts: { hidden_size: '16', num_hidden_layers: '2' },
  lists: { hidden_size: [16], num_attention_heads: {} },
  'an epsilon of 10^300': { rms_norm_eps: 1e300 },
  'an epsilon below zero': { rms_norm_eps: -1 },
  'a rope of nothing': { rope_parameters: null },
  'a rope of another kind': { rope_parameters: { rope_type: ESCAPES, rope_theta: 1e4 } },
  'a rope whose base is zero': { rope_parameters: { rope_type: 'default', rope_theta: 0 } },
  'a rope of factors': {
    rope_parameters: { rope_type: 'longrope', short_factor: Array(100_000).fill(1), long_factor: [] },
  },
  'an activation of escapes': { hidden_act: ESCAPES },
  'the prototype as activation': { hidden_act: '__proto__' },
  'the prototype as family': { model_type: '__proto__' },
  'the constructor as family': { model_type: 'constructor', architectures: ['constructor'] },
  'a family of escapes': { model_type: ESCAPES },
  'a family of 10 MB': { model_type: 'x'.repeat(10_000_000) },
  'code of its own': { auto_map: { AutoModelForCausalLM: '../evil.Model' }, trust_remote_code: true },
  'labels without number': {
    architectures: ['LlamaForSequenceClassification'],
    id2label: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [i, ESCAPES])),
  },
  'labels of the prototype': {
    architectures: ['LlamaForSequenceClassification'],
    id2label: { __proto__: 'x', 1e9: 'y' },
    num_labels: 1e9,
  },
  'ends that are no tokens': { eos_token_id: [1e9, -1, 0.5, null] },
  'a hundred thousand unknown keys': Object.fromEntries(
    Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]),
  ),
};

const texts = {
  empty: '',
  'a list': '[]',
  'a number': '5',
  nesting: deep(500_000),
  'nesting in a key': `{"model_type":"llama","x":${deep(200_000)}}`,
  'the prototype': '{"__proto__":{"polluted":true},"model_type":"llama","constructor":{"prototype":{}}}',
  'keys that stand twice': '{"model_type":"llama","hidden_size":16,"hidden_size":1000000000}',
  'no UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  'a byte order mark': '\ufeff{"model_type":"llama"}',
  'zero bytes': Buffer.alloc(4096),
  'a number of a million digits': `{"model_type":"llama","hidden_size":${'9'.repeat(1_000_000)}}`,
  escapes: `{"model_type":"llama", ${ESCAPES}`,
  'five million objects': `{"model_type":"llama","x":[${'{},'.repeat(5_000_000)}{}]}`,
  '100 MB of spaces': `{${' '.repeat(100_000_000)}}`,
  'NaN as Python writes it': '{"model_type":"llama","hidden_size":NaN,"rms_norm_eps":Infinity}',
};

const generation = {
  'ends of 100,000': { eos_token_id: Array.from({ length: 100_000 }, (_, i) => i) },
  'a temperature of minus one': { temperature: -1, top_k: -5, top_p: 7, do_sample: true },
  'numbers as texts': { temperature: 'hot', top_k: ESCAPES, max_new_tokens: '10' },
  'a length of 10^12': { max_length: 1e12, max_new_tokens: 1e12 },
  'a penalty of zero': { repetition_penalty: 0, do_sample: true },
  'a penalty of 10^300': { repetition_penalty: 1e300, do_sample: true, temperature: 1e-300 },
  'the prototype': { constructor: {}, toString: 5 },
};

export const configurations = {
  family: 'config.json',
  commands: [
    'generate',
    'inspect',
    'evaluate',
    'finetune',
    'merge',
    'export',
    'chat',
    'generate with an adapter',
  ],
  cases: [
    ...Object.entries(changes).map(([name, values]) => ({ name, write: set(values) })),
    ...Object.entries(texts).map(([name, text]) => ({
      name,
      write: ({ work }) => writeFileSync(join(work, 'model', 'config.json'), text),
    })),
    ...['hidden_size', 'vocab_size', 'model_type', 'num_attention_heads'].map((key) => ({
      name: `no ${key}`,
      refused: true,
      commands: ['generate', 'finetune', 'merge', 'export'],
      write: config((document) => void delete document[key]),
    })),
    { name: 'a pipe', write: ({ work }) => replace(join(work, 'model', 'config.json'), makePipe) },
    {
      name: 'a link to a device',
      write: ({ work }) =>
        replace(join(work, 'model', 'config.json'), (path) => symlinkSync('/dev/zero', path)),
    },
    {
      name: 'the model is a device',
      write: ({ work }) => replace(join(work, 'model'), (path) => symlinkSync('/dev/zero', path)),
    },
    ...Object.entries(generation).map(([name, values]) => ({
      name: `generation_config.json with ${name}`,
      commands: ['generate', 'chat', 'evaluate answers', 'finetune', 'export'],
      write: ({ work }) =>
        edit(join(work, 'model', 'generation_config.json'), (document) => ({ ...document, ...values })),
    })),
    {
      name: 'generation_config.json of nesting',
      commands: ['generate', 'finetune'],
      write: ({ work }) => writeFileSync(join(work, 'model', 'generation_config.json'), deep(500_000)),
    },
  ],
};
