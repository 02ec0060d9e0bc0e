/** Zip archives, as the playground opens them. */
import { readZipArchive, zipArchive } from '@attune/files';
import { zipSync } from '../../../node_modules/fflate/esm/index.mjs';

const files = {
  'run/config.yaml': Buffer.from('seed: 1\n'),
  'run/final/model.safetensors': Buffer.alloc(300, 5),
  'a.txt': Buffer.alloc(0),
};
const stored = [];
for await (const piece of zipArchive(Object.entries(files))) stored.push(piece);

export const target = {
  form: 'bytes',
  seeds: [zipSync(files, { level: 6 }), zipSync(files, { level: 0 }), Buffer.concat(stored)],
  async read(bytes) {
    const read = await readZipArchive(new Blob([bytes]));
    for (const path of read.keys()) {
      if (path.startsWith('/') || path.split(/[/\\]/).includes('..'))
        throw new Error(`a file outside: ${path}`);
    }
  },
};
