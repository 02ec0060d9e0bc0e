import { memorySource } from '@attune/files';
import { openSafetensors } from '../safetensors/index.js';
import { modelTensors } from './read-tensors.js';

/** A file of empty tensors. */
function fileOf(count: number): Uint8Array {
  const entry = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
  const header = new TextEncoder().encode(
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, entry]))),
  );
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
}

test('a file of more tensors than a call can have arguments is compared with its configuration', async () => {
  const file = await openSafetensors(memorySource(fileOf(130_000), 'model.safetensors'));
  expect(Object.keys(file.specs)).toHaveLength(130_000);
  const config = { vocabSize: 4, blockSize: 4, nLayer: 1, nHead: 1, nEmbd: 2, dropout: 0, bias: true };
  const rest = { family: 'gpt2', activation: 'gelu', layerNormEpsilon: 1e-5 } as const;
  await expect(modelTensors({ ...config, ...rest }, file)).rejects.toMatchObject({
    code: 'CHECKPOINT_MISMATCH',
    message: expect.stringContaining('and 130'),
  });
});

test('a file of more tensors than any model has is not read', async () => {
  await expect(openSafetensors(memorySource(fileOf(2 ** 17 + 1)))).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('131073 tensors, but at most 131072 are read'),
  });
});
