/** Tensors: a header, its lengths and offsets, the bytes behind it. */
import { openSafetensors, memorySource, readTensors } from '@attune/formats';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateTree, treeOf } from '../mutate-tree.js';
import { printJson } from '../print-json.js';

const data = Buffer.alloc(80, 1);
const headers = [
  {
    __metadata__: { format: 'pt' },
    'a.weight': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    'b.weight': { dtype: 'BF16', shape: [4], data_offsets: [24, 32] },
    c: { dtype: 'I32', shape: [1, 4], data_offsets: [32, 48] },
    d: { dtype: 'U8', shape: [32], data_offsets: [48, 80] },
  },
];

const file = (header) => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, data]);
};

export const target = {
  form: 'bytes',
  seeds: headers.map((header) => file(Buffer.from(JSON.stringify(header)))),
  // Most damage to the bytes ends at the first of them: the header is damaged as a tree as well.
  wrap: (bytes, random) =>
    random.integer(4)
      ? file(Buffer.from(printJson(mutateTree(random, treeOf(headers[0])))))
      : random.integer(2)
        ? mutateBytes(random, bytes)
        : bytes,
  async read(bytes) {
    const tensors = await readTensors(...(await opened(bytes)));
    for (const { shape, data: values } of Object.values(tensors)) {
      if (shape.reduce((a, b) => a * b, 1) !== values.length) throw new Error('a tensor is not of its shape');
    }
  },
};

async function opened(bytes) {
  const open = await openSafetensors(memorySource(bytes));
  return [open, [...open.entries.keys()]];
}
