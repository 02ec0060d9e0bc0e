/** Weights: safetensors files whose headers lie, indexes that name other files, pickles. */
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deep, ESCAPES, makePipe, parts, replace, safetensors } from './files.js';

const weights = ({ work }) => join(work, 'model', 'model.safetensors');

/** Writes the weights anew, from what they are. */
const from = (change) => (places) => {
  const { header, data } = parts(weights(places));
  writeFileSync(weights(places), change(header, data));
};

/** Writes the header anew. */
const header = (change) => from((entries, data) => safetensors(change(entries) ?? entries, data));

/** Changes the entry of the first tensor. */
const entry = (change) =>
  header((entries) => {
    const [name] = Object.keys(entries).filter((key) => key !== '__metadata__');
    Object.assign(entries[name], change(entries[name]));
  });

const lying = {
  'a length of 100 MB': from((entries, data) => safetensors(entries, data, 100_000_000)),
  'a length of 2^63': from((entries, data) => safetensors(entries, data, 2n ** 63n)),
  'a length of nothing': from((entries, data) => safetensors(entries, data, 0)),
  'seven bytes': from(() => Buffer.alloc(7)),
  'a file of zeros': from(() => Buffer.alloc(100_000)),
  'a header of 90 MB': from((_, data) => safetensors(`{${' '.repeat(90_000_000)}}`, data)),
  'a header of 90 MB of metadata': header((entries) => ({
    ...entries,
    __metadata__: { x: 'x'.repeat(90_000_000) },
  })),
  'a header of 16 MB': from((_, data) => safetensors(`{${' '.repeat(16_000_000)}}`, data)),
  'a header of 16 MB of metadata': header((entries) => ({
    ...entries,
    __metadata__: { x: 'x'.repeat(16_000_000) },
  })),
  'a header of a million keys of metadata': header((entries) => ({
    ...entries,
    __metadata__: Object.fromEntries(Array.from({ length: 1_000_000 }, (_, i) => [`k${i}`, ''])),
  })),
  'a header of five million objects': from((_, data) =>
    safetensors(`{"a":[${'{},'.repeat(5_000_000)}{}]}`, data),
  ),
  nesting: from((_, data) => safetensors(deep(1_000_000), data)),
  'nesting in an entry': from((_, data) => safetensors(`{"a":${deep(1_000_000)}}`, data)),
  'overlapping tensors': header((entries) => {
    const [, a, b] = Object.keys(entries);
    entries[b].data_offsets = entries[a].data_offsets;
  }),
  'an offset beyond the end': entry(({ data_offsets: [begin] }) => ({ data_offsets: [begin, 2 ** 40] })),
  'offsets in reverse': entry(({ data_offsets }) => ({ data_offsets: [...data_offsets].reverse() })),
  'a negative offset': entry(() => ({ data_offsets: [-8, 0] })),
  'an offset of 10^300': entry(() => ({ data_offsets: [1e300, 1e300] })),
  'a shape whose product overflows': entry(() => ({ shape: [2 ** 32, 2 ** 32, 4] })),
  'a shape of 100,000 dimensions': entry(() => ({ shape: Array(100_000).fill(1) })),
  'an empty shape': entry(() => ({ shape: [] })),
  'a shape with nothing in it': entry(() => ({ shape: [0], data_offsets: [0, 0] })),
  'a dtype that lies': entry(() => ({ dtype: 'F16' })),
  'a dtype of escapes': entry(() => ({ dtype: ESCAPES })),
  'the prototype as dtype': entry(() => ({ dtype: '__proto__' })),
  'a tensor of escapes': header((entries) => ({
    ...entries,
    [`${ESCAPES}weight`]: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
  })),
  'a tensor of 10 MB of name': header((entries) => ({
    ...entries,
    ['x'.repeat(10_000_000)]: { dtype: 'F32', shape: [0], data_offsets: [0, 0] },
  })),
  'a tensor that stands twice': from((entries, data) => {
    const text = JSON.stringify(entries);
    const [name] = Object.keys(entries).filter((key) => key !== '__metadata__');
    return safetensors(
      `${text.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(entries[name])}}`,
      data,
    );
  }),
  'a tensor named by the prototype': from((entries, data) =>
    safetensors(
      `{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},${JSON.stringify(entries).slice(1)}`,
      data,
    ),
  ),
  '130,000 tensors': header((entries) => ({
    ...entries,
    ...Object.fromEntries(
      Array.from({ length: 130_000 }, (_, i) => [
        `t${i}`,
        { dtype: 'F32', shape: [0], data_offsets: [0, 0] },
      ]),
    ),
  })),
  '130,000 layers': header((entries) => ({
    ...entries,
    ...Object.fromEntries(
      Array.from({ length: 130_000 }, (_, i) => [
        `model.layers.${i}.self_attn.q_proj.weight`,
        { dtype: 'F32', shape: [0], data_offsets: [0, 0] },
      ]),
    ),
  })),
  'not-a-numbers': from((entries, data) => safetensors(entries, Buffer.alloc(data.length, 0xff))),
  infinities: from((entries, data) =>
    safetensors(entries, Buffer.from(Float32Array.from({ length: data.length / 4 }, () => Infinity).buffer)),
  ),
  'numbers of 10^38': from((entries, data) =>
    safetensors(
      entries,
      Buffer.from(Float32Array.from({ length: data.length / 4 }, (_, i) => (i % 2 ? 3e38 : -3e38)).buffer),
    ),
  ),
};

const index = (map) => (places) => {
  rmSync(weights(places));
  const document =
    typeof map === 'string' ? map : JSON.stringify({ metadata: { total_size: 1e300 }, weight_map: map });
  writeFileSync(`${weights(places)}.index.json`, document);
};
const first = 'model.embed_tokens.weight';

const indexes = {
  'a path out of the folder': index({ [first]: '../../etc/passwd' }),
  'an absolute path': index({ [first]: '/etc/passwd' }),
  'a path to the home folder': index({ [first]: '../../home/diary.txt' }),
  "Windows's path": index({ [first]: '..\\..\\etc\\passwd' }),
  'a device': index({ [first]: '/dev/zero' }),
  'an address': index({ [first]: 'http://127.0.0.1:1/x' }),
  'a name with a zero byte': index({ [first]: 'model\0.safetensors' }),
  'a name of escapes': index({ [first]: `${ESCAPES}.safetensors` }),
  'a name of 10 MB': index({ [first]: 'x'.repeat(10_000_000) }),
  itself: index({ [first]: 'model.safetensors.index.json' }),
  'a folder': (places) => {
    index({ [first]: 'shard.safetensors' })(places);
    mkdirSync(join(places.work, 'model', 'shard.safetensors'));
  },
  'a link outside': (places) => {
    index({ [first]: 'shard.safetensors' })(places);
    symlinkSync(join(places.outside, 'victim.txt'), join(places.work, 'model', 'shard.safetensors'));
  },
  'a pipe': (places) => {
    index({ [first]: 'shard.safetensors' })(places);
    makePipe(join(places.work, 'model', 'shard.safetensors'));
  },
  '100,000 shards': index(
    Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`t${i}`, `shard-${i}.safetensors`])),
  ),
  '400,000 tensors in one shard': index(
    Object.fromEntries(
      Array.from({ length: 400_000 }, (_, i) => [`tensor.${i}.${'x'.repeat(20)}`, 'model.safetensors']),
    ),
  ),
  'a list': index('[]'),
  'a map that is a list': index('{"weight_map":["a","b"]}'),
  'the prototype': index('{"weight_map":{"__proto__":"../../etc/passwd","constructor":"x"}}'),
  nesting: index(deep(500_000)),
  'five million objects': index(`{"weight_map":[${'{},'.repeat(5_000_000)}{}]}`),
  '100 MB of spaces': index(`{${' '.repeat(100_000_000)}}`),
};

/** A pickle that would run `touch pwned`. */
const PICKLE = "cos\nsystem\n(S'touch pwned'\ntR.";

const instead = {
  'a pickle': (places) => {
    rmSync(weights(places));
    writeFileSync(join(places.work, 'model', 'pytorch_model.bin'), PICKLE);
  },
  'a pickle of that name': (places) => writeFileSync(weights(places), PICKLE),
  nothing: (places) => rmSync(weights(places)),
  'an empty file': (places) => truncateSync(weights(places), 0),
  'half the file': (places) => truncateSync(weights(places), 9000),
  'a sparse file of 1 TB': (places) => truncateSync(weights(places), 2 ** 40),
  'a pipe': (places) => replace(weights(places), makePipe),
  'a device': (places) => replace(weights(places), (path) => symlinkSync('/dev/zero', path)),
  'a folder': (places) => replace(weights(places), (path) => mkdirSync(path)),
  'a link to itself': (places) => replace(weights(places), (path) => symlinkSync(path, path)),
};

/** Weights that compute nonsense are no fault of the file's form. */
const readable = [
  'not-a-numbers',
  'infinities',
  'numbers of 10^38',
  'a header of 16 MB of metadata',
  'a header of a million keys of metadata',
];

export const models = {
  family: 'weights',
  commands: ['generate', 'finetune', 'merge', 'export', 'evaluate', 'chat', 'generate with an adapter'],
  cases: [
    ...Object.entries(lying).map(([name, write]) => ({ name, write, refused: !readable.includes(name) })),
    ...Object.entries(indexes).map(([name, write]) => ({
      name: `an index of ${name}`,
      write,
      refused: true,
    })),
    ...Object.entries(instead).map(([name, write]) => ({
      name: `${name} in their place`,
      write,
      refused: true,
    })),
  ],
};
