/** LoRA adapters: ranks, patterns, and bases that are somewhere else. */
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deep, edit, ESCAPES, makePipe, parts, replace, safetensors } from './files.js';

const config = ({ work }) => join(work, 'adapter', 'adapter_config.json');
const weights = ({ work }) => join(work, 'adapter', 'adapter_model.safetensors');
const set = (values) => (places) => edit(config(places), (document) => ({ ...document, ...values }));

const changes = {
  'a rank of 10^9': { r: 1e9 },
  'a rank of 10^300': { r: 1e300 },
  'a rank of nothing': { r: 0 },
  'a rank below zero': { r: -8 },
  'a rank as text': { r: '8' },
  'an alpha of 10^300': { lora_alpha: 1e300 },
  'an alpha of nothing': { lora_alpha: null },
  'ranks by pattern': { rank_pattern: { '(a+)+$': 1e9, __proto__x: 4 } },
  'alphas by patterns that take long': {
    alpha_pattern: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`(.*.*.*)*${i}`, 8])),
  },
  'a pattern that takes long': { target_modules: '(.*.*.*.*.*.*.*.*.*.*)*x' },
  'a pattern of pluses': { target_modules: '((((a+)+)+)+)+b' },
  'a pattern with counts': { target_modules: '((.{1,1000}){1,1000}){1,1000}' },
  'a pattern with one count': { target_modules: '(.*){1000000000}x' },
  'a pattern of looking ahead': { target_modules: '(?=(.*.*.*.*)+x).*' },
  'a pattern with a back reference': { target_modules: '(.*)\\1\\1\\1\\1\\1' },
  'a pattern of 10 MB': { target_modules: 'a|'.repeat(5_000_000) },
  'a pattern of deep groups': { target_modules: `${'('.repeat(50_000)}a${')'.repeat(50_000)}` },
  'a broken pattern': { target_modules: '(((' },
  'a pattern of escapes': { target_modules: `(${ESCAPES}` },
  'a hundred thousand modules': { target_modules: Array.from({ length: 100_000 }, (_, i) => `m${i}`) },
  'modules of escapes': { target_modules: [ESCAPES] },
  'modules that are none': { target_modules: [null, 5, {}, []] },
  'the prototype as module': { target_modules: ['__proto__', 'constructor'] },
  'all modules to save': { modules_to_save: ['.*', 'model', '', 'lm_head'] },
  'layers of 10^9': { layers_to_transform: [1e9, -1], layers_pattern: '(a+)+' },
  'layers that are replicated': { layer_replication: Array(1000).fill([0, 1e6]) },
  'the base at an address': { base_model_name_or_path: 'http://127.0.0.1:1/x' },
  'the base out of the folder': { base_model_name_or_path: '../outside' },
  'the base in a device': { base_model_name_or_path: '/dev/zero' },
  'the base in itself': { base_model_name_or_path: 'adapter' },
  'a base of escapes': { base_model_name_or_path: ESCAPES },
  'a base of 10 MB': { base_model_name_or_path: 'x'.repeat(10_000_000) },
  'a base that is a list': { base_model_name_or_path: ['model'] },
  'a base in the hub': { base_model_name_or_path: 'org/other' },
  'a revision that leaves': { base_model_name_or_path: 'org/other', revision: '../../x' },
  'a kind of escapes': { peft_type: ESCAPES },
  'the prototype as kind': { peft_type: '__proto__', bias: '__proto__' },
};

const ofItself = ['merge', 'generate with an adapter', 'finetune an adapter'];

const files = {
  'nesting in the configuration': (places) => writeFileSync(config(places), deep(500_000)),
  'an empty configuration': (places) => writeFileSync(config(places), ''),
  'a configuration that is a list': (places) => writeFileSync(config(places), '[]'),
  'a configuration of the prototype': (places) =>
    writeFileSync(config(places), '{"__proto__":{"r":8,"peft_type":"LORA","target_modules":["q_proj"]}}'),
  'a pipe as configuration': (places) => replace(config(places), makePipe),
  'a pipe as weights': (places) => replace(weights(places), makePipe),
  'weights of a link': (places) =>
    replace(weights(places), (path) => symlinkSync(join(places.outside, 'victim.txt'), path)),
  'weights cut short': (places) => truncateSync(weights(places), 500),
  'weights of 1 TB': (places) => truncateSync(weights(places), 2 ** 40),
  'weights of other names': (places) => {
    const { header, data } = parts(weights(places));
    writeFileSync(
      weights(places),
      safetensors(
        Object.fromEntries(
          Object.entries(header).map(([key, value]) => [
            key === '__metadata__' ? key : `${ESCAPES}${key}`,
            value,
          ]),
        ),
        data,
      ),
    );
  },
  'weights of other shapes': (places) => {
    const { header, data } = parts(weights(places));
    for (const [key, value] of Object.entries(header)) if (key !== '__metadata__') value.shape.reverse();
    writeFileSync(weights(places), safetensors(header, data));
  },
  'no weights at all': (places) => writeFileSync(weights(places), safetensors({})),
  '130,000 weights more': (places) => {
    const { header, data } = parts(weights(places));
    for (let i = 0; i < 130_000; i++)
      header[`base_model.model.model.layers.${i}.x.lora_A.weight`] = {
        dtype: 'F32',
        shape: [0],
        data_offsets: [0, 0],
      };
    writeFileSync(weights(places), safetensors(header, data));
  },
  'a tree of weights': (places) => {
    const { header, data } = parts(weights(places));
    header[`base_model.model${'.a'.repeat(1_000_000)}.lora_A.weight`] = {
      dtype: 'F32',
      shape: [0],
      data_offsets: [0, 0],
    };
    writeFileSync(weights(places), safetensors(header, data));
  },
};

export const adapters = {
  family: 'adapter',
  commands: ofItself,
  cases: [
    ...Object.entries(changes).map(([name, values]) => ({ name, write: set(values) })),
    ...Object.entries(files).map(([name, write]) => ({ name, write, refused: true })),
  ],
};
