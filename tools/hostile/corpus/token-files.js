/** Token files: `meta.json` that lies about `train.bin` and `val.bin`, and files of odd sizes. */
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deep, edit, ESCAPES, makePipe, replace } from './files.js';

const at = ({ work }, name) => join(work, 'data', name);

const lies = {
  'a dtype of another size': { dtype: 'uint32' },
  'a dtype of escapes': { dtype: ESCAPES },
  'the prototype as dtype': { dtype: '__proto__' },
  'a vocabulary of one': { vocabSize: 1 },
  'a vocabulary of 10^12': { vocabSize: 1e12 },
  'a vocabulary below zero': { vocabSize: -1 },
  'a vocabulary as text': { vocabSize: ESCAPES },
  'lengths of 10^15': { trainTokens: 1e15, valTokens: 1e15 },
  'lengths below zero': { trainTokens: -1, valTokens: -1 },
  'hashes that lie': { sha256: { 'train.bin': 'x', 'val.bin': ESCAPES, '../outside/victim.txt': 'y' } },
  'hashes of another file': { sha256: { '../../etc/passwd': 'x' } },
  'a format of the future': { format: 1e9 },
  'a tokenizer of escapes': { tokenizer: { kind: ESCAPES } },
  'the prototype as tokenizer': { tokenizer: { kind: '__proto__' } },
  'a tokenizer at a path': { tokenizer: { kind: 'file', path: '../../../etc/passwd' } },
  'characters that stand twice': { tokenizer: { kind: 'char', chars: 'aaaaaaaaaaaaaaa' } },
  'characters of 10 MB': { tokenizer: { kind: 'char', chars: 'x'.repeat(10_000_000) } },
  'characters of escapes': { tokenizer: { kind: 'char', chars: ESCAPES } },
  'characters that are none': { tokenizer: { kind: 'char', chars: [null] } },
  nulls: { tokenizer: null, dtype: null, vocabSize: null },
};

const changes = {
  ...Object.fromEntries(
    Object.entries(lies).map(([name, values]) => [
      name,
      (places) => edit(at(places, 'meta.json'), (document) => ({ ...document, ...values })),
    ]),
  ),
  'meta.json of nesting': (places) => writeFileSync(at(places, 'meta.json'), deep(500_000)),
  'meta.json of the prototype': (places) =>
    writeFileSync(at(places, 'meta.json'), '{"__proto__":{"format":1,"vocabSize":3}}'),
  'no meta.json': (places) => rmSync(at(places, 'meta.json')),
  'a pickle beside it': (places) => {
    rmSync(at(places, 'meta.json'));
    writeFileSync(at(places, 'meta.pkl'), "cos\nsystem\n(S'touch pwned'\ntR.");
  },
  'an odd number of bytes': (places) => truncateSync(at(places, 'train.bin'), 1001),
  'ids beyond the vocabulary': (places) => writeFileSync(at(places, 'train.bin'), Buffer.alloc(4000, 0xff)),
  'ids beyond it to validate': (places) => writeFileSync(at(places, 'val.bin'), Buffer.alloc(4000, 0xff)),
  'files of nothing': (places) =>
    ['train.bin', 'val.bin'].forEach((name) => truncateSync(at(places, name), 0)),
  'a sparse file of 1 TB': (places) => truncateSync(at(places, 'train.bin'), 2 ** 40),
  'a device': (places) => replace(at(places, 'train.bin'), (path) => symlinkSync('/dev/zero', path)),
  'a pipe': (places) => replace(at(places, 'train.bin'), makePipe),
  'a pipe as meta.json': (places) => replace(at(places, 'meta.json'), makePipe),
  'a link to itself': (places) => replace(at(places, 'train.bin'), (path) => symlinkSync(path, path)),
  'a folder': (places) => replace(at(places, 'train.bin'), (path) => mkdirSync(path)),
  'a hundred thousand shards': (places) => {
    for (let i = 0; i < 20_000; i++)
      writeFileSync(at(places, `train_${String(i).padStart(6, '0')}.bin`), 'xx');
  },
  'a tokenizer beside it that lies': (places) => {
    writeFileSync(at(places, 'tokenizer.json'), deep(500_000));
    edit(at(places, 'meta.json'), (document) => ({ ...document, tokenizer: { kind: 'json' } }));
  },
};

export const tokenFiles = {
  family: 'token files',
  commands: ['pretrain', 'evaluate tokens', 'pretrain resumed', 'verify', 'pretrain from a model', 'prepare'],
  cases: Object.entries(changes).map(([name, write]) => ({ name, write })),
};
