/** `model.safetensors.index.json`, as the hub's reader takes it, and the list of files that the hub gives. */
import { AttuneError, parseJson } from '@attune/core';
import { isPlainName } from '../../../packages/hub/dist/repository/hub-file.js';
import { selectFiles, selectShards } from '../../../packages/hub/dist/repository/select-files.js';

const file = (name) => [name, { name, size: 5, etag: 'a'.repeat(40), algorithm: 'git-sha1' }];
const listed = new Map(
  ['config.json', 'model.safetensors.index.json', 'a.safetensors', 'b.safetensors'].map(file),
);

export const target = {
  form: 'json',
  seeds: [{ metadata: { total_size: 10 }, weight_map: { x: 'a.safetensors', y: 'b.safetensors' } }],
  read(bytes) {
    let index;
    try {
      index = parseJson(Buffer.from(bytes).toString());
    } catch (cause) {
      throw new AttuneError('FILE_CORRUPT', 'not JSON', { cause });
    }
    selectFiles('org/model', listed);
    for (const { name } of selectShards('org/model', index, listed)) {
      if (!isPlainName(name)) throw new Error(`a file outside: ${name}`);
    }
  },
};
